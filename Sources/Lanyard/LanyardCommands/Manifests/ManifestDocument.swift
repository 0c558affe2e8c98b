import KubernetesModel
import Yams

/// One object of a manifest file, with the place where it stands.
struct ManifestDocument: Sendable {
    /// The file as it was named, `-` for standard input.
    let file: String
    /// Its number within the file, from 1.
    let number: Int
    let value: JSONValue
    /// Lines by the path of the field, such as `spec.access.kv[0].path`; the object itself is the empty path.
    private let lines: [String: Int]

    /// Takes an object out of parsed YAML.
    init(file: String, number: Int, node: Node) throws(ManifestProblem) {
        var reading = Reading()
        do throws(ManifestProblem.Content) {
            value = try reading.value(of: node, at: "", depth: 0)
        } catch {
            throw ManifestProblem(file: file, document: number, message: error.message)
        }
        self.file = file
        self.number = number
        lines = reading.lines
    }

    private init(file: String, number: Int, value: JSONValue, lines: [String: Int]) {
        self.file = file
        self.number = number
        self.value = value
        self.lines = lines
    }

    /// The line of a field, or of the nearest field around it that is there.
    func line(of field: String) -> Int {
        var path = Substring(field)
        while true {
            if let line = lines[String(path)] { return line }
            guard let end = path.lastIndex(where: { $0 == "." || $0 == "[" }) else { return lines[""] ?? 1 }
            path = path[..<end]
        }
    }

    /// The objects of a `List`, or the object itself.
    var objects: [ManifestDocument] {
        guard value["kind"] == "List", let items = value["items"]?.array else { return [self] }
        return items.indices.map { index in
            let prefix = "items[\(index)]"
            var own = ["": lines[prefix] ?? 1]
            for (path, line) in lines where path.hasPrefix("\(prefix).") {
                own[String(path.dropFirst(prefix.count + 1))] = line
            }
            return ManifestDocument(file: file, number: number, value: items[index], lines: own)
        }
    }

    /// Turns YAML into JSON; bounded, since aliases can make a small file enormous.
    private struct Reading {
        private static let nodeLimit = 200_000, depthLimit = 64
        var lines: [String: Int] = [:]
        private var count = 0

        mutating func value(of node: Node, at path: String, depth: Int) throws(ManifestProblem.Content) -> JSONValue {
            count += 1
            guard count <= Self.nodeLimit, depth <= Self.depthLimit else {
                throw ManifestProblem.Content(message: "is too large or too deep")
            }
            if let line = node.mark?.line { lines[path] = line }
            switch node {
            case .mapping(let mapping):
                var members: [String: JSONValue] = [:]
                for (key, child) in mapping {
                    guard let name = key.string else {
                        throw ManifestProblem.Content(message: "has a key that is no text")
                    }
                    let member = try value(of: child, at: path.isEmpty ? name : "\(path).\(name)", depth: depth + 1)
                    if members.updateValue(member, forKey: name) != nil {
                        throw ManifestProblem.Content(message: "has the key \(Printable.quoted(name)) twice")
                    }
                }
                return .object(members)
            case .sequence(let sequence):
                var elements: [JSONValue] = []
                for (index, child) in sequence.enumerated() {
                    elements.append(try value(of: child, at: "\(path)[\(index)]", depth: depth + 1))
                }
                return .array(elements)
            default:
                return Self.scalar(node)
            }
        }

        /// The API server's own reading of plain scalars.
        private static func scalar(_ node: Node) -> JSONValue {
            if node.null != nil { return .null }
            guard case .scalar(let scalar) = node, scalar.style == .plain else { return .string(node.string ?? "") }
            if let flag = node.bool { return .bool(flag) }
            if let number = node.int { return .integer(Int64(number)) }
            if let number = node.float, number.isFinite { return .number(number) }
            return .string(node.string ?? "")
        }
    }
}
