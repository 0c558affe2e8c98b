import KubernetesModel
import KubernetesTesting
import Testing

@testable import KubernetesClient

@Suite("Kubeconfig contexts and clusters")
struct KubeconfigClusterTests {
    private func load(_ text: String) throws -> ClusterConfiguration {
        let tree = FileTree(["/k": text, "/empty": "", "/locked": nil as String?])
        return try .load(kubeconfig: "/k", environment: .simulated(seed: 1), files: tree.reader)
    }

    @Test(
        "with a fault are an error that names file, context, entry and field",
        arguments: [
            ("", "/k: current-context: no context is chosen"),
            ("# nothing", "/k: current-context: no context is chosen"),
            ("current-context: x", "/k: context \"x\": does not exist"),
            (
                "{current-context: x, contexts: [{name: x, context: null}]}",
                "/k: context \"x\": cluster: names no cluster that exists"
            ),
            (
                "{current-context: x, contexts: [{name: x, context: {cluster: k, user: u}}], clusters: [{name: k, cluster: {server: https://k}}], users: null}",
                "/k: context \"x\": user: names no user that exists"
            ),
            ("clusters: [{name: k}, {name: k}]", "/k: cluster \"k\": is there twice"),
            ("users: [{name: u, user: [s3cr3t]}]", "/k: users.[0].user: missing, or of the wrong type"),
            ("a: b\nusers: 's3cr3t", "/k: not YAML, line 2"), ("[1]", "/k: missing, or of the wrong type"),
            ("s3cr3t: a\ns3cr3t: b", "/k: not YAML"),
        ])
    func contexts(text: String, message: String) {
        let error = #expect(throws: ConfigurationError.self) { try load(text) }
        #expect(error?.description == message)
    }

    @Test(
        "a cluster with a fault",
        arguments: [
            ("{}", "server: is missing"), ("{server: 'kube:6443'}", "server: is no http or https URL"),
            ("{server: 'https://'}", "server: is no http or https URL"),
            ("{server: 'ftp://k'}", "server: is no http or https URL"),
            ("{server: 'https://k:99999'}", "server: has a port that does not exist"),
            ("{server: 'https://u:s3cr3t@k'}", "server: has more than scheme, host, port and path"),
            ("{server: 'https://k?s3cr3t'}", "server: has more than scheme, host, port and path"),
            (
                "{server: https://k, certificate-authority: /empty, insecure-skip-tls-verify: true}",
                "insecure-skip-tls-verify: contradicts certificate-authority"
            ),
            ("{server: https://k, certificate-authority: /none}", "certificate-authority: /none does not exist"),
            ("{server: https://k, certificate-authority: /locked}", "certificate-authority: /locked cannot be read"),
            (
                "{server: https://k, certificate-authority: /empty}",
                "certificate-authority: /empty holds no PEM certificate"
            ),
            (
                "{server: https://k, certificate-authority-data: czNjcjN0}",
                "certificate-authority-data: holds no PEM certificate"
            ),
            ("{server: https://k, certificate-authority-data: '%'}", "certificate-authority-data: is not base64"),
            ("{server: https://k, proxy-url: 'ftp://u:s3cr3t@p'}", "proxy-url: must begin with http:// or socks5://"),
        ])
    func clusters(cluster: String, message: String) {
        let error = #expect(throws: ConfigurationError.self) {
            try load(
                "{current-context: x, contexts: [{name: x, context: {cluster: k}}], clusters: [{name: k, cluster: \(cluster)}]}"
            )
        }
        #expect(error?.description == "/k: context \"x\": cluster \"k\": \(message)")
        #expect(error?.description.contains("s3cr3t") == false)
    }
}
