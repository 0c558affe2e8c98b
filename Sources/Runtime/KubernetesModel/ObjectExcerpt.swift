import FoundationEssentials

/// What is read of an object's text, as a text again.
struct ObjectExcerpt {
    /// An object with the members that are read.
    private(set) var bytes: [UInt8] = []
    /// What was too large.
    private(set) var leftOut: Set<Omission> = []
    private let source: [UInt8]
    private let projection: ObjectProjection

    /// Skips what is not read.
    ///
    /// - Throws: `DecodingError` for anything but an object.
    init(of source: [UInt8], in range: Range<Int>, as projection: ObjectProjection) throws {
        do {
            try self.init(skippingIn: source, range, projection)
        } catch {
            throw DecodingError.dataCorrupted(
                .init(codingPath: [], debugDescription: "not an object", underlyingError: error))
        }
    }

    private init(skippingIn source: [UInt8], _ range: Range<Int>, _ projection: ObjectProjection) throws {
        self.source = source
        self.projection = projection
        var scanner = JSONScanner(source, in: range)
        let members = try scanner.members()
        bytes.append(UInt8(ascii: "{"))
        for member in members {
            if member.name.elementsEqual("metadata".utf8), isObject(member.value) {
                add(member.name)
                try addMetadata(member.value)
            } else if let (limit, omission) = projection.limit(of: member.name), member.value.count > limit {
                leftOut.insert(omission)
                add(member.name)
                try addShortMembers(of: member.value)
            } else {
                add(member)
            }
        }
        bytes.append(UInt8(ascii: "}"))
    }

    /// The text for a decoder.
    var data: Data { Data(bytes) }

    private mutating func addMetadata(_ range: Range<Int>) throws {
        var scanner = JSONScanner(source, in: range)
        let members = try scanner.members()
        bytes.append(UInt8(ascii: "{"))
        for member in members {
            switch String(decoding: member.name, as: UTF8.self) {
            case "managedFields": break
            case "ownerReferences" where !projection.hasOwners: break
            case "labels":
                if projection.hasLabels { add(member, atMost: projection.limits.labels, .labels) }
            case "finalizers": add(member, atMost: projection.limits.finalizers, .finalizers)
            case "annotations":
                switch projection.annotations {
                case .all: add(member)
                case .none: break
                case .beginning(let prefix) where isObject(member.value):
                    add(member.name)
                    try addAnnotations(of: member.value, beginningWith: prefix)
                case .beginning: add(member)
                }
            default: add(member)
            }
        }
        bytes.append(UInt8(ascii: "}"))
    }

    private mutating func addAnnotations(of range: Range<Int>, beginningWith prefix: String) throws {
        try addSome(
            of: range, each: ObjectProjection.longestAnnotation, all: ObjectProjection.mostAnnotations
        ) { member in member.name.starts(with: prefix.utf8) }
    }

    /// Adds what is short: among it is what says what to do with the object as a whole, and whom it refers to.
    private mutating func addShortMembers(of range: Range<Int>) throws {
        guard isObject(range) else {
            bytes += "null".utf8
            return
        }
        try addSome(of: range, each: ObjectProjection.longestMember, all: ObjectProjection.mostMembers) { _ in true }
    }

    /// Adds an object with those of its members that are wanted and short enough, until they are too many.
    private mutating func addSome(
        of range: Range<Int>, each limit: Int, all total: Int, _ isWanted: (JSONScanner.Member) -> Bool
    ) throws {
        var scanner = JSONScanner(source, in: range)
        let members = try scanner.members()
        bytes.append(UInt8(ascii: "{"))
        var rest = total
        for member in members where isWanted(member) {
            let size = member.name.count + member.value.count
            guard size <= min(rest, limit) else { continue }
            rest -= size
            add(member)
        }
        bytes.append(UInt8(ascii: "}"))
    }

    private func isObject(_ range: Range<Int>) -> Bool { source[range].first == UInt8(ascii: "{") }

    private mutating func add(_ member: JSONScanner.Member, atMost limit: Int, _ omission: Omission) {
        if member.value.count <= limit { add(member) } else { leftOut.insert(omission) }
    }

    private mutating func add(_ member: JSONScanner.Member) {
        add(member.name)
        bytes += source[member.value]
    }

    /// Adds a name, behind a comma unless it is the first of its object.
    private mutating func add(_ name: ArraySlice<UInt8>) {
        if bytes.last != UInt8(ascii: "{") { bytes.append(UInt8(ascii: ",")) }
        bytes.append(UInt8(ascii: "\""))
        bytes += name
        bytes += "\":".utf8
    }
}
