import LanyardAPI

/// What is odd about the annotations of an object: a misspelt one, or one with another value than "true", has no effect, and
/// nobody says so.
package enum AnnotationCheck {
    /// One sentence for each, sorted by the name of the annotation.
    package static func oddities(in annotations: [String: String]?) -> [String] {
        let prefix = "\(LanyardGroup.name)/"
        return (annotations ?? [:]).filter { $0.key.hasPrefix(prefix) }.sorted { $0.key < $1.key }
            .compactMap { name, value in
                guard LanyardGroup.annotations.contains(name) else {
                    let near = Spelling.nearest(to: name, among: LanyardGroup.annotations).map {
                        "; did you mean \($0)?"
                    }
                    return "\(Excerpt.quoting(name)) is no annotation of Lanyard\(near ?? "")"
                }
                if ["true", "false"].contains(value) { return nil }
                return "\(name) has an effect only as \"true\", and is \(Excerpt.quoting(value))"
            }
    }
}
