import KubernetesModel
import LanyardAPI
import LanyardCore

/// Reads a value as a type, and finds all that does not fit it. A decoder stops at the first; so what does not fit is noted,
/// taken away, and the rest is read again.
struct SchemaReading {
    /// More is not looked for: who has made so many mistakes corrects these first.
    private static let limit = 50

    private var value: JSONValue
    private(set) var problems: [SpecViolation] = []
    private var reported: Set<String> = []
    /// What was taken out of lists, by the field of the list: the indices that it had in the file.
    private var removed: [String: [Int]] = [:]

    private init(_ value: JSONValue) { self.value = value }

    /// Reads.
    ///
    /// - Returns: the object, nil when something of it could not be read; and what is wrong, fields that the type does not have
    ///   included: the API server would drop them in silence.
    static func read<Object: KubernetesResource>(
        _ type: Object.Type, from value: JSONValue
    ) -> (Object?, [SpecViolation]) {
        var value = value
        if value["spec"] == nil || value["spec"] == .null { value["spec"] = .object([:]) }
        var reading = SchemaReading(value)
        let object = reading.object(type)
        if let object, let known = try? JSONValue(encoding: object) {
            reading.findLost(reading.value["spec"] ?? .null, in: known["spec"] ?? .null, at: "spec")
        }
        return (reading.reported.isEmpty ? object : nil, reading.problems)
    }

    private mutating func object<Object: Decodable>(_ type: Object.Type) -> Object? {
        while problems.count < Self.limit {
            do {
                return try value.decoded(as: type)
            } catch let error as DecodingError {
                guard takeAway(error) else { return nil }
            } catch {
                note("spec", "cannot be read")
                return nil
            }
        }
        return nil
    }

    /// Notes what an error is about, and takes it out of the value.
    ///
    /// - Returns: whether something is left to read.
    private mutating func takeAway(_ error: DecodingError) -> Bool {
        let keys: [any CodingKey]
        switch error {
        case .keyNotFound(let key, let context):
            note(field(context.codingPath + [key]), "is missing")
            keys = context.codingPath
        case .valueNotFound(_, let context):
            note(field(context.codingPath), "must not be null")
            keys = context.codingPath
        case .typeMismatch(let type, let context):
            note(field(context.codingPath), SchemaExpectation.text(of: type))
            keys = context.codingPath
        case .dataCorrupted(let context):
            note(field(context.codingPath), SchemaExpectation.choice(at: context.codingPath.last))
            keys = context.codingPath
        @unknown default:
            note("spec", "cannot be read")
            return false
        }
        guard !keys.isEmpty else { return false }
        if let index = keys.last?.intValue {
            let list = field(keys.dropLast())
            removed[list, default: []].append(original(index, in: list))
        }
        let rest = Self.without(keys[...], in: value)
        // What cannot be taken away would be met for ever.
        guard rest != value else { return false }
        value = rest
        return true
    }

    private mutating func note(_ field: String, _ message: String) {
        // What was taken away is missing only because of that.
        guard reported.insert(field).inserted else { return }
        problems.append(SpecViolation(kind: .invalid, field: field, message: message))
    }

    private static func without(_ keys: ArraySlice<any CodingKey>, in value: JSONValue) -> JSONValue {
        guard let key = keys.first else { return value }
        let rest = keys.dropFirst()
        switch (value, key.intValue) {
        case (.array(var elements), let index?) where elements.indices.contains(index):
            if rest.isEmpty { elements.remove(at: index) } else { elements[index] = without(rest, in: elements[index]) }
            return .array(elements)
        case (.object(var members), nil):
            members[key.stringValue] = rest.isEmpty ? nil : members[key.stringValue].map { without(rest, in: $0) }
            return .object(members)
        default:
            return value
        }
    }

    // MARK: - Fields as they are in the file

    /// Such as `spec.access.kv[0].path`.
    private func field(_ keys: some Collection<any CodingKey>) -> String {
        let text = keys.reduce(into: "") { text, key in
            if let index = key.intValue {
                text += "[\(original(index, in: text))]"
            } else {
                text += (text.isEmpty ? "" : ".") + Printable.text(key.stringValue)
            }
        }
        return text.isEmpty ? "spec" : text
    }

    /// The index that an element of a list had before others were taken away.
    private func original(_ index: Int, in list: String) -> Int {
        (removed[list] ?? []).sorted().reduce(index) { index, gone in gone <= index ? index + 1 : index }
    }

    // MARK: - What would be lost

    /// Finds fields that the type does not have.
    private mutating func findLost(_ given: JSONValue, in known: JSONValue, at path: String) {
        if let members = given.object {
            for (key, member) in members.sorted(by: { $0.key < $1.key }) where member != .null {
                let field = "\(path).\(Printable.text(key))"
                if let counterpart = known[key] {
                    findLost(member, in: counterpart, at: field)
                } else {
                    problems.append(SpecViolation(kind: .invalid, field: field, message: "there is no such field"))
                }
            }
        }
        for (index, pair) in zip(given.array ?? [], known.array ?? []).enumerated() {
            findLost(pair.0, in: pair.1, at: "\(path)[\(original(index, in: path))]")
        }
    }
}

/// How it is said what a field has to be.
private enum SchemaExpectation {
    /// Of a type that a value does not have.
    static func text(of type: any Any.Type) -> String {
        switch type {
        case is String.Type: "must be text"
        case is any BinaryInteger.Type: "must be a whole number"
        case is any FloatingPoint.Type: "must be a number"
        case is Bool.Type: "must be true or false"
        case is [Any].Type: "must be a list"
        case is [String: Any].Type: "must be a section with fields"
        default: "has the wrong type"
        }
    }

    /// Of a closed set of values.
    static func choice(at key: (any CodingKey)?) -> String {
        guard let key, let values = choices[key.stringValue] else { return "has a value that is not known" }
        return "must be one of \(values.joined(separator: ", "))"
    }

    private static let choices: [String: [String]] = [
        "placement": names(WorkloadIdentitySpec.Placement.self), "driftPolicy": names(DriftPolicy.self),
        "deletionPolicy": names(DeletionPolicy.self), "recreatePolicy": names(RecreatePolicy.self),
        "onViolation": names(IdentityBoundarySpec.OnViolation.self), "type": names(VaultMountType.self),
        "trust": names(JWTMount.Trust.self),
    ]

    private static func names<Choice: CaseIterable & RawRepresentable<String>>(_ type: Choice.Type) -> [String] {
        type.allCases.map(\.rawValue)
    }
}
