import Yams

/// A configuration file, read but not yet checked value by value.
package struct ConfigurationFile {
    /// As it was given on the command line.
    let name: String
    /// What the file says, by the names of keys.
    private(set) var values: [String: ConfigurationValue.Content] = [:]
    /// `name:line:column` of each value.
    private(set) var positions: [String: String] = [:]
    private(set) var problems: [String] = []

    /// Reads YAML; everything in it that is no known key is a problem.
    package init(name: String, yaml: String) {
        self.name = name
        do {
            // Throws for a second document as well.
            if let document = try compose(yaml: yaml), !document.isNull { read(document, section: "") }
        } catch {
            problems.append("\(name): is not valid YAML: \(Self.explanation(of: error))")
        }
    }

    private mutating func read(_ node: Node, section: String) {
        guard case .mapping(let mapping) = node else {
            problem(node, section, "must be a section with keys")
            return
        }
        for (keyNode, valueNode) in mapping {
            guard case .scalar(let key) = keyNode else {
                problem(keyNode, section, "has a key that is no text")
                continue
            }
            guard !key.string.contains(".") else {
                let parts = key.string.split(separator: ".").joined(separator: ", then ")
                problem(keyNode, key.string, "must be nested: \(parts)")
                continue
            }
            let name = section.isEmpty ? key.string : "\(section).\(key.string)"
            if let known = ConfigurationKey.named(name) {
                take(valueNode, for: known)
            } else if ConfigurationNames.sections.contains(name) {
                if !valueNode.isNull { read(valueNode, section: name) }
            } else {
                let suggestion =
                    ConfigurationNames.suggestion(for: name, includingSections: true).map { "; did you mean \($0)?" }
                    ?? ""
                problem(keyNode, name, "is no known key\(suggestion)")
            }
        }
    }

    private mutating func take(_ node: Node, for key: ConfigurationKey) {
        if node.isNull { return }
        switch (node, key.kind) {
        case (.sequence(let items), .list):
            let texts = items.compactMap { $0.isNull ? nil : $0.scalar?.string }
            guard texts.count == items.count else {
                problem(node, key.name, "must be a list of texts")
                return
            }
            values[key.name] = .list(texts)
        case (.scalar(let scalar), .text), (.scalar(let scalar), .number), (.scalar(let scalar), .flag),
            (.scalar(let scalar), .duration):
            values[key.name] = .text(scalar.string)
        default:
            problem(node, key.name, "must be a \(key.kind == .list ? "list of texts" : "single value")")
            return
        }
        positions[key.name] = position(of: node)
    }

    private mutating func problem(_ node: Node, _ key: String, _ expectation: String) {
        let subject = key.isEmpty ? "" : ": \(key)"
        problems.append("\(position(of: node))\(subject): \(expectation)")
    }

    private func position(of node: Node) -> String {
        node.mark.map { "\(name):\($0)" } ?? name
    }

    /// Where and what, without the excerpt of the file that the parser adds.
    private static func explanation(of error: any Error) -> String {
        switch error as? YamlError {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            "\(problem) at \(mark)"
        case .duplicatedKeysInMapping(let duplicates, let context):
            "\(duplicates.sorted().joined(separator: ", ")) occurs more than once, at \(context.mark)"
        case .reader(let problem, _, _, _): problem
        default: "it cannot be parsed"
        }
    }
}

extension Node {
    /// Whether the node is an explicit or an implicit null: then the key counts as not given.
    fileprivate var isNull: Bool {
        guard case .scalar(let scalar) = self, scalar.style == .plain else { return false }
        return ["", "~", "null", "Null", "NULL"].contains(scalar.string)
    }
}
