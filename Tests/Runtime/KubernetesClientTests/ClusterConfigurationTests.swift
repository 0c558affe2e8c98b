import FoundationEssentials
import KubernetesModel
import KubernetesTesting
import Testing

@testable import KubernetesClient

@Suite("ClusterConfiguration")
struct ClusterConfigurationTests {
    private static let account = "/var/run/secrets/kubernetes.io/serviceaccount"

    private func load(
        _ files: [String: String?], _ variables: [String: String] = [:], kubeconfig: String? = nil,
        context: String? = nil
    ) throws -> ClusterConfiguration {
        let environment = Environment.simulated(seed: 1, variables: variables)
        return try .load(
            kubeconfig: kubeconfig, context: context, environment: environment, files: FileTree(files).reader)
    }

    private func config(_ server: String, user: String = "{}", cluster: String = "") -> String {
        """
        apiVersion: v1
        kind: Config
        preferences: {colors: true}
        current-context: c
        contexts: [{name: c, context: {cluster: k, user: u, namespace: apps}}]
        clusters: [{name: k, cluster: {server: "\(server)"\(cluster)}}]
        users: [{name: u, user: \(user)}]
        """
    }

    @Test("prefers the flag, then KUBECONFIG, then the cluster it runs in, then the home folder")
    func precedence() throws {
        var variables = [
            "KUBECONFIG": "/env", "KUBERNETES_SERVICE_HOST": "10.0.0.1", "KUBERNETES_SERVICE_PORT": "443",
            "HOME": "/home/x",
        ]
        let files: [String: String?] = [
            "/flag": config("https://flag"), "/env": config("https://env"),
            "\(Self.account)/token": "t", "/home/x/.kube/config": config("https://home"),
        ]
        #expect(try load(files, variables, kubeconfig: "/flag").server == "https://flag")
        #expect(try load(files, variables).server == "https://env")
        variables["KUBECONFIG"] = ""
        #expect(try load(files, variables).server == "https://10.0.0.1:443")
        variables["KUBERNETES_SERVICE_HOST"] = nil
        #expect(try load(files, variables).server == "https://home")
    }

    @Test("describes the cluster it runs in", arguments: [("10.0.0.1", "10.0.0.1"), ("fd00::1", "[fd00::1]")])
    func inCluster(host: String, inURL: String) throws {
        let files: [String: String?] = [
            "\(Self.account)/token": "t", "\(Self.account)/ca.crt": "pem", "\(Self.account)/namespace": "lanyard\n",
        ]
        let variables = ["KUBERNETES_SERVICE_HOST": host, "KUBERNETES_SERVICE_PORT": "6443"]
        #expect(
            try load(files, variables)
                == ClusterConfiguration(
                    server: "https://\(inURL):6443", certificateAuthority: .file(path: "\(Self.account)/ca.crt"),
                    namespace: "lanyard",
                    credentials: .init(authorization: .tokenFile(path: "\(Self.account)/token"))))
    }

    @Test("merges a list of files: the first that has a name wins, whole, and missing files are skipped")
    func merge() throws {
        let files: [String: String?] = [
            "/a": "current-context: ctx\nusers: [{name: u, user: {token: first}}]\n",
            "/b": """
            current-context: other
            contexts: [{name: ctx, context: {cluster: k, user: u}}, {name: other, context: {cluster: k}}]
            clusters: [{name: k, cluster: {server: https://b/}}]
            users: [{name: u, user: {token: second, client-certificate: x, client-key: y}}]
            """,
            "/c": "clusters: [{name: k, cluster: {server: https://c, insecure-skip-tls-verify: true}}]",
        ]
        let merged = try load(files, ["KUBECONFIG": "/none:/a::/b:/c"])
        #expect(
            merged
                == ClusterConfiguration(
                    server: "https://b", credentials: .init(authorization: .token(Secret("first")))))
        #expect(try load(files, ["KUBECONFIG": "/a:/b:/c"], context: "other").credentials == ClusterCredentials())
    }

    @Test("takes paths relative to the file that names them, and data before files")
    func paths() throws {
        let authority = try TestAuthority()
        let own = try authority.issue(name: "operator")
        let user = "{tokenFile: t/token, token: x, client-certificate: cert.pem, client-key: /abs/key.pem}"
        let cluster = ", certificate-authority: ../ca.pem, tls-server-name: kube, proxy-url: http://p:1"
        let loaded = try load(
            [
                "/etc/kube/config": config("https://k", user: user, cluster: cluster), "/etc/kube/t/token": "t",
                "/etc/kube/../ca.pem": authority.certificatePEM, "/etc/kube/cert.pem": own.certificatePEM,
                "/abs/key.pem": own.keyPEM,
            ], kubeconfig: "/etc/kube/config")
        #expect(
            loaded
                == ClusterConfiguration(
                    server: "https://k", certificateAuthority: .file(path: "/etc/kube/../ca.pem"),
                    tlsServerName: "kube", proxyURL: "http://p:1", namespace: "apps",
                    credentials: .init(
                        authorization: .tokenFile(path: "/etc/kube/t/token"),
                        clientCertificate: .init(
                            chain: .file(path: "/etc/kube/cert.pem"), key: .file(path: "/abs/key.pem")))))
        let data = Data(authority.certificatePEM.utf8).base64EncodedString()
        let inline = try load(
            ["/k": config("https://k", cluster: ", certificate-authority: x, certificate-authority-data: \(data)")],
            kubeconfig: "/k")
        #expect(inline.certificateAuthority == .inline(Secret(authority.certificatePEM)))
    }

    @Test("tells a missing file from an unreadable one")
    func files() {
        #expect(throws: ConfigurationError(file: "/k", problem: "the file does not exist")) {
            try load([:], kubeconfig: "/k")
        }
        #expect(throws: ConfigurationError(file: "/k", problem: "the file cannot be read")) {
            try load(["/k": nil as String?], kubeconfig: "/k")
        }
        #expect(throws: ConfigurationError.self) { try load([:], [:]) }
    }
}
