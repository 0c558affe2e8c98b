import KubernetesClient
import KubernetesModel

/// Applies a JSON patch (RFC 6902) as an API server does.
enum JSONPatchApplication {
    /// The document after all operations.
    ///
    /// - Throws: `KubernetesError.invalid` when a `test` fails or a path is absent, `badRequest` when it is no patch.
    static func apply(_ patch: JSONValue, to document: JSONValue) throws -> JSONValue {
        guard let operations = patch.array else { throw ServerFailure.badRequest("the patch is no array") }
        var document = document
        for operation in operations {
            guard let name = operation["op"]?.string, let path = operation["path"]?.string,
                let tokens = tokens(path)
            else { throw ServerFailure.badRequest("the patch has an operation without op or path") }
            switch (name, operation["value"]) {
            case ("test", let value?):
                guard find(tokens, in: document) ?? .null == value else { throw refused("testing", path) }
            case ("add", let value?):
                document = try edit(document, tokens, path) { try add(value, $1, to: $0, path) }
            case ("replace", let value?):
                guard find(tokens, in: document) != nil else { throw refused("replacing", path) }
                document = try edit(document, tokens, path) { try replace(value, $1, in: $0, path) }
            case ("remove", _):
                guard find(tokens, in: document) != nil else { throw refused("removing", path) }
                document = try edit(document, tokens, path) { try replace(nil, $1, in: $0, path) }
            default:
                throw ServerFailure.badRequest("the operation \(name) is unknown or has no value")
            }
        }
        return document
    }

    private static func refused(_ action: String, _ path: String) -> KubernetesError {
        ServerFailure.invalid("the server rejected our request due to an error in our request: \(action) \(path)")
    }

    private static func tokens(_ path: String) -> [String]? {
        if path.isEmpty { return [] }
        guard path.first == "/" else { return nil }
        return path.dropFirst().split(separator: "/", omittingEmptySubsequences: false).map {
            String($0).replacing("~1", with: "/").replacing("~0", with: "~")
        }
    }

    private static func find(_ tokens: [String], in document: JSONValue) -> JSONValue? {
        tokens.reduce(document as JSONValue?) { value, token in
            switch value {
            case .object(let members): return members[token]
            case .array(let elements):
                guard let index = Int(token), elements.indices.contains(index) else { return nil }
                return elements[index]
            default: return nil
            }
        }
    }

    /// Changes the container that holds the last token.
    private static func edit(
        _ document: JSONValue, _ tokens: [String], _ path: String,
        _ change: (JSONValue, String) throws -> JSONValue
    ) throws -> JSONValue {
        guard let token = tokens.first else { throw refused("replacing the document", path) }
        if tokens.count == 1 { return try change(document, token) }
        guard let child = find([token], in: document) else { throw refused("following", path) }
        return try replace(edit(child, Array(tokens.dropFirst()), path, change), token, in: document, path)
    }

    private static func add(
        _ value: JSONValue, _ token: String, to container: JSONValue, _ path: String
    ) throws -> JSONValue {
        switch container {
        case .object(var members):
            members[token] = value
            return .object(members)
        case .array(var elements):
            let index = token == "-" ? elements.count : Int(token) ?? -1
            guard index >= 0, index <= elements.count else { throw refused("adding to", path) }
            elements.insert(value, at: index)
            return .array(elements)
        default:
            throw refused("adding to", path)
        }
    }

    private static func replace(
        _ value: JSONValue?, _ token: String, in container: JSONValue, _ path: String
    ) throws -> JSONValue {
        switch container {
        case .object(var members):
            members[token] = value
            return .object(members)
        case .array(var elements):
            guard let index = Int(token), elements.indices.contains(index) else { throw refused("following", path) }
            if let value { elements[index] = value } else { elements.remove(at: index) }
            return .array(elements)
        default:
            throw refused("following", path)
        }
    }
}

/// Applies a JSON merge patch (RFC 7386).
enum MergePatchApplication {
    /// The document after the merge: null removes a member, objects merge, everything else replaces.
    static func apply(_ patch: JSONValue, to document: JSONValue?) -> JSONValue {
        guard case .object(let changes) = patch else { return patch }
        var members = document?.object ?? [:]
        for (name, change) in changes {
            if change == .null {
                members.removeValue(forKey: name)
            } else {
                members[name] = apply(change, to: members[name])
            }
        }
        return .object(members)
    }
}
