extension BoundaryTemplate {
    /// Whether it may become for one namespace what another pattern becomes for another namespace: `{namespace}-x` for `x-a`
    /// and `x-{namespace}` for `a-x` are both `x-a-x`. It may be said of two that never meet, if one has the namespace twice.
    ///
    /// - Parameter values: those of the placeholders that are the same everywhere.
    func meets(_ other: BoundaryTemplate, _ values: Values) -> Bool {
        !differsAtAnEnd(from: other)
            && PatternMeeting(left: elements(values), right: other.elements(values)).isPossible
    }

    /// Whether they begin or end with other text, so that they never meet: most of a long list do, and the search, which costs a
    /// thousand times as much, is left to the others.
    private func differsAtAnEnd(from other: BoundaryTemplate) -> Bool {
        if case .literal(let own)? = parts.first, case .literal(let text)? = other.parts.first,
            zip(own.utf8, text.utf8).contains(where: { $0 != $1 })
        {
            return true
        }
        guard case .literal(let own)? = parts.last, case .literal(let text)? = other.parts.last else { return false }
        return zip(own.utf8.reversed(), text.utf8.reversed()).contains { $0 != $1 }
    }

    private func elements(_ values: Values) -> [PatternMeeting.Element] {
        parts.flatMap { part -> [PatternMeeting.Element] in
            switch part {
            case .literal(let text): text.utf8.map { .byte($0) }
            case .placeholder(.cluster): values.cluster.utf8.map { .byte($0) }
            case .placeholder(.trustDomain): values.trustDomain.utf8.map { .byte($0) }
            case .placeholder(.namespace): [.namespace]
            case .placeholder(.name), .placeholder(.serviceAccount): [.chosen]
            }
        }
    }
}

/// Two patterns that read one text at once, byte by byte. Where both read the same bytes as the namespace, it is one
/// namespace; all other ways through the text are looked for.
private struct PatternMeeting {
    enum Element: Equatable {
        case byte(UInt8)
        case namespace
        /// A name that is chosen in the namespace.
        case chosen

        var isName: Bool { self == .namespace || self == .chosen }

        func allows(_ byte: UInt8) -> Bool {
            switch (self, byte) {
            case (.byte(let own), _): own == byte
            case (.chosen, UInt8(ascii: ".")), (_, UInt8(ascii: "-")), (_, UInt8(ascii: "0")...UInt8(ascii: "9")),
                (_, UInt8(ascii: "a")...UInt8(ascii: "z")):
                true
            default: false
            }
        }
    }

    /// Where one of the patterns is: in a name, which may go on, or before an element.
    private struct Place: Hashable {
        var index = 0
        var isInName = false
    }

    private struct State: Hashable {
        var left = Place()
        var right = Place()
        /// Whether both are in the namespace, and have been since the same byte.
        var isTogether = false
    }

    let left: [Element]
    let right: [Element]

    var isPossible: Bool {
        var open = [State()]
        var seen = Set(open)
        let bytes = self.bytes
        while let state = open.popLast() {
            if Self.isEnd(state.left, of: left), Self.isEnd(state.right, of: right), !state.isTogether { return true }
            for byte in bytes {
                for next in following(state, byte) where seen.insert(next).inserted { open.append(next) }
            }
        }
        return false
    }

    /// Those of the patterns, and such as names have.
    private var bytes: Set<UInt8> {
        var bytes: Set = [UInt8(ascii: "a"), UInt8(ascii: "-"), UInt8(ascii: ".")]
        for case .byte(let byte) in left + right { bytes.insert(byte) }
        return bytes
    }

    private func following(_ state: State, _ byte: UInt8) -> [State] {
        let rights = Self.places(after: state.right, byte, in: right)
        return Self.places(after: state.left, byte, in: left).flatMap { left in
            rights.compactMap { right -> State? in
                let (leftStays, rightStays) = (left == state.left, right == state.right)
                // Both leave the namespace: then it is the same one.
                if state.isTogether, !leftStays, !rightStays { return nil }
                let isTogether =
                    leftStays == rightStays && leftStays == state.isTogether && isNamespace(left, right)
                return State(left: left, right: right, isTogether: isTogether)
            }
        }
    }

    private func isNamespace(_ left: Place, _ right: Place) -> Bool {
        left.isInName && right.isInName && self.left[left.index] == .namespace && self.right[right.index] == .namespace
    }

    private static func places(after place: Place, _ byte: UInt8, in elements: [Element]) -> [Place] {
        var places: [Place] = []
        if place.isInName, elements[place.index].allows(byte) { places.append(place) }
        let next = place.isInName ? place.index + 1 : place.index
        guard next < elements.count, elements[next].allows(byte) else { return places }
        let isName = elements[next].isName
        return places + [Place(index: isName ? next : next + 1, isInName: isName)]
    }

    private static func isEnd(_ place: Place, of elements: [Element]) -> Bool {
        place.index + (place.isInName ? 1 : 0) == elements.count
    }
}
