import FoundationEssentials
import KubernetesModel

/// What the operator asked of the API server from a moment on, by the server's audit log.
struct APIAudit: Sendable {
    private let file: String
    private let start: Int

    /// Begins now.
    init(_ environment: TestEnvironment) throws {
        file = try environment.variable("KUBE_AUDIT_LOG")
        start = try Data(contentsOf: URL(filePath: file)).count
    }

    /// The permissions that were used; requests that were refused do not count.
    func used() throws -> Set<Permission> {
        Set(
            try events().filter { $0["annotations"]?["authorization.k8s.io/decision"] == "allow" }.compactMap { event in
                guard let object = event["objectRef"], let verb = event["verb"]?.string,
                    let resource = object["resource"]?.string
                else { return nil }
                let subresource = object["subresource"]?.string.map { "/\($0)" } ?? ""
                return Permission(verb, object["apiGroup"]?.string ?? "", resource + subresource)
            })
    }

    /// Paths without a resource, such as that of API discovery.
    func otherPaths() throws -> Set<String> {
        Set(try events().filter { $0["objectRef"] == nil }.compactMap { $0["requestURI"]?.string })
    }

    private func events() throws -> [JSONValue] {
        let data = try Data(contentsOf: URL(filePath: file)).dropFirst(start)
        return data.split(separator: UInt8(ascii: "\n")).compactMap { try? JSON.decode(JSONValue.self, from: Data($0)) }
    }
}
