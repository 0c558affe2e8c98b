import FoundationEssentials
import KubernetesModel
import KubernetesTesting
import Testing

@testable import KubernetesClient

/// The kubeconfig reader, fed many spoilt files. A trap would end the whole run.
@Suite("Mutated kubeconfigs", .timeLimit(.minutes(60)))
struct MutatedKubeconfigTests {
    private static let shards = 10
    /// How many spoilt inputs are tried by all shards together.
    private static let count =
        ProcessInfo.processInfo.environment["LANYARD_KUBECONFIG_MUTATIONS"].flatMap { Int($0) } ?? 100_000

    /// Small files, so that many can be tried, with each field in one of them; pieces of one get into others.
    private static func corpus(_ certificate: TestCertificate, authority: String) -> [String] {
        func base64(_ text: String) -> String { Data(text.utf8).base64EncodedString() }
        func file(cluster: String, user: String, context: String = "") -> String {
            """
            current-context: c
            contexts: [{name: c, context: {cluster: k, user: u\(context)}}]
            clusters: [{name: k, cluster: {\(cluster)}}]
            users:
            - name: u
              user: {\(user)}
            """
        }
        let inline = """
            {"current-context": "c", "contexts": [{"name": "c", "context": {"cluster": "k", "user": "u"}}],
             "clusters": [{"name": "k", "cluster": {"server": "https://k",
              "certificate-authority-data": "\(base64(authority))"}}],
             "users": [{"name": "u", "user": {"client-certificate-data": "\(base64(certificate.certificatePEM))",
              "client-key-data": "\(base64(certificate.keyPEM))"}}]}
            """
        return [
            file(cluster: "server: 'https://[fd00::1]:6443/a', certificate-authority: ca.pem", user: "token: t"),
            file(
                cluster: "server: https://k, tls-server-name: x", user: "tokenFile: /token", context: ", namespace: n"),
            file(cluster: "server: http://k, proxy-url: 'http://u:p@h:1'", user: "username: n, password: p"),
            file(cluster: "server: https://k, insecure-skip-tls-verify: true", user: "as: jane, as-groups: [a]"),
            file(
                cluster: "server: https://k",
                user: "exec: {apiVersion: client.authentication.k8s.io/v1, command: x/y, args: [a], "
                    + "interactiveMode: Never, env: [{name: A, value: b}], provideClusterInfo: true}"),
            inline,
        ]
    }

    @Test("each is a configuration or a ConfigurationError", arguments: 0..<shards)
    func mutations(shard: Int) async throws {
        let authority = try TestAuthority()
        let corpus = Self.corpus(try authority.issue(name: "operator"), authority: authority.certificatePEM)
        let environment = Environment.simulated(seed: 1)
        let files = FileTree(["/ca.pem": authority.certificatePEM, "/token": "t"])
        var mutator = ByteMutator(corpus: corpus.map { Data($0.utf8) }, seed: 20_260_301 + UInt64(shard))
        let count = Self.count / Self.shards
        var (configurations, errors) = (0, 0)
        for index in 0..<count {
            let content = mutator.next()
            let reader = FileReader { path in path == "/k" ? content : try files.reader.read(path) }
            do {
                _ = try ClusterConfiguration.load(kubeconfig: "/k", environment: environment, files: reader)
                configurations += 1
            } catch {
                if !(error is ConfigurationError) { Issue.record("\(error)") }
                errors += 1
            }
            // Other tests wait for their turn.
            if index.isMultiple(of: 50) { await Task.yield() }
        }
        #expect(configurations > count / 100)
        #expect(errors > count / 100)
    }
}
