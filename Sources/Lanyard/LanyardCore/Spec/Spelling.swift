/// What somebody may have meant by a word that is not known.
package enum Spelling {
    /// The known word that is nearest; nil when none is near.
    ///
    /// - Parameter limit: how many letters may differ; about a quarter of them without it.
    package static func nearest(to word: String, among known: [String], within limit: Int? = nil) -> String? {
        let word = String(word.prefix(96))
        let ranked = known.map { (word: $0, distance: distance(word, $0)) }
        guard let best = ranked.min(by: { $0.distance < $1.distance }), best.distance <= limit ?? (1 + word.count / 4)
        else {
            return nil
        }
        return best.word
    }

    /// Levenshtein distance without regard to case.
    private static func distance(_ left: String, _ right: String) -> Int {
        let left = Array(left.lowercased()), right = Array(right.lowercased())
        var row = Array(0...right.count)
        for (i, a) in left.enumerated() {
            var diagonal = row[0]
            row[0] = i + 1
            for (j, b) in right.enumerated() {
                let substituted = diagonal + (a == b ? 0 : 1)
                diagonal = row[j + 1]
                row[j + 1] = min(substituted, row[j] + 1, row[j + 1] + 1)
            }
        }
        return row[right.count]
    }
}
