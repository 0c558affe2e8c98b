extension BoundaryTemplate {
    /// What matters of a piece of a pattern that has no character but those of names: a name of a namespace has letters,
    /// digits and `-`, one that is chosen there has `.` as well.
    private enum Mark {
        case namespace
        case chosen
        case dot
    }

    /// Whether what it becomes for one namespace is never what it becomes for another one, whatever names their
    /// ServiceAccounts and resources have. A pattern without such names is the same for all by the platform's own words.
    ///
    /// `{namespace}-{serviceAccount}` does not: `a-b-c` is `c` of `a-b`, and `b-c` of `a`.
    var keepsNamespacesApart: Bool {
        let pieces = pieces
        return !pieces.contains { $0.contains(.chosen) } || pieces.contains(where: Self.namesNamespace)
    }

    /// Whether a piece is for one namespace only: where names that are chosen stand on one side of it alone, with a dot
    /// between.
    private static func namesNamespace(_ piece: [Mark]) -> Bool {
        piece.indices.contains { index in
            guard piece[index] == .namespace else { return false }
            let before = piece[..<index]
            let behind = piece[(index + 1)...]
            switch (before.lastIndex(of: .chosen), behind.firstIndex(of: .chosen)) {
            case (nil, nil): return true
            case (let chosen?, nil): return before[chosen...].contains(.dot)
            case (nil, let chosen?): return behind[..<chosen].contains(.dot)
            case (.some, .some): return false
            }
        }
    }

    /// The pattern cut at every character that no name has.
    private var pieces: [[Mark]] {
        var pieces: [[Mark]] = [[]]
        for part in parts {
            switch part {
            case .placeholder(.namespace): pieces[pieces.count - 1].append(.namespace)
            case .placeholder(.name), .placeholder(.serviceAccount): pieces[pieces.count - 1].append(.chosen)
            case .placeholder(.cluster), .placeholder(.trustDomain): break
            case .literal(let text):
                for byte in text.utf8 {
                    switch byte {
                    case UInt8(ascii: "."): pieces[pieces.count - 1].append(.dot)
                    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
                        UInt8(ascii: "-"):
                        break
                    default: pieces.append([])
                    }
                }
            }
        }
        return pieces
    }
}
