import FoundationEssentials
import KubernetesModel

/// What the operator asked of the API server from a moment on, by the server's audit log.
struct APIAudit: Sendable {
    private let log: JSONLog

    /// Begins now.
    init(_ environment: TestEnvironment) throws {
        let file = try environment.variable("KUBE_AUDIT_LOG")
        log = JSONLog(path: file, from: try Data(contentsOf: URL(filePath: file)).count)
    }

    /// The permissions that were used; requests that were refused do not count.
    func used() throws -> Set<Permission> {
        Set(
            try log.lines().filter { $0["annotations"]?["authorization.k8s.io/decision"] == "allow" }.compactMap {
                event in
                guard let object = event["objectRef"], let verb = event["verb"]?.string,
                    let resource = object["resource"]?.string
                else { return nil }
                let subresource = object["subresource"]?.string.map { "/\($0)" } ?? ""
                return Permission(verb, object["apiGroup"]?.string ?? "", resource + subresource)
            })
    }

    /// Paths without a resource, such as that of API discovery.
    func otherPaths() throws -> Set<String> {
        Set(try log.lines().filter { $0["objectRef"] == nil }.compactMap { $0["requestURI"]?.string })
    }
}
