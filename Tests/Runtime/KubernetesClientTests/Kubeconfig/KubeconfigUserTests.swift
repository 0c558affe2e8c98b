import FoundationEssentials
import KubernetesModel
import KubernetesTesting
import Testing

@testable import KubernetesClient

@Suite("Kubeconfig users")
struct KubeconfigUserTests {
    private func credentials(
        _ user: String, cluster: String = "server: https://k", files: [String: String?] = [:]
    ) throws -> ClusterCredentials {
        let text = """
            current-context: c
            contexts: [{name: c, context: {cluster: k, user: u}}]
            clusters: [{name: k, cluster: {\(cluster)}}]
            users: [{name: u, user: \(user)}]
            """
        let tree = FileTree(files.merging(["/dir/k": text]) { first, _ in first })
        return try ClusterConfiguration.load(
            kubeconfig: "/dir/k", environment: .simulated(seed: 1), files: tree.reader
        ).credentials
    }

    @Test(
        "can log in in every way",
        arguments: [
            ("null", ClusterCredentials()), ("{}", ClusterCredentials()), ("{unknown: {a: 1}}", ClusterCredentials()),
            ("{token: abc}", ClusterCredentials(authorization: .token(Secret("abc")))),
            ("{token: abc, tokenFile: /t}", ClusterCredentials(authorization: .tokenFile(path: "/t"))),
            (
                "{username: u, password: p}",
                ClusterCredentials(authorization: .basic(username: "u", password: Secret("p")))
            ),
            (
                "{as: jane, as-uid: '7', as-groups: [a, b], as-user-extra: {k: [v]}}",
                ClusterCredentials(
                    impersonation: Impersonation(user: "jane", uid: "7", groups: ["a", "b"], extra: ["k": ["v"]]))
            ),
        ])
    func users(user: String, expected: ClusterCredentials) throws {
        #expect(try credentials(user, files: ["/t": "token"]) == expected)
    }

    @Test("can have a plugin, with the cluster's own data for it")
    func plugin() throws {
        let user = """
            {exec: {apiVersion: client.authentication.k8s.io/v1beta1, command: bin/aws, args: [a, b],
             env: [{name: K, value: v}, {name: E}], installHint: get it, provideClusterInfo: true}}
            """
        let cluster = """
            server: https://k, extensions: [{name: other, extension: [1]}, odd,
             {name: client.authentication.k8s.io/exec, extension: {region: x, n: [1, true]}}]
            """
        #expect(
            try credentials(user, cluster: cluster)
                == ClusterCredentials(
                    authorization: .plugin(
                        ExecPlugin(
                            version: .v1beta1, command: "/dir/bin/aws", arguments: ["a", "b"],
                            variables: ["K": Secret("v"), "E": Secret("")], installHint: "get it",
                            providesClusterInfo: true,
                            clusterExtension: Secret(#"{"n":[1,true],"region":"x"}"#)))))
        let bare = "{exec: {apiVersion: client.authentication.k8s.io/v1, command: aws, interactiveMode: IfAvailable}}"
        #expect(
            try credentials(bare)
                == ClusterCredentials(authorization: .plugin(ExecPlugin(version: .v1, command: "aws"))))
    }

    @Test(
        "with a fault are an error that names file, context, user and field",
        arguments: [
            ("{token: t, username: u}", "username: contradicts token"),
            ("{tokenFile: t, username: u}", "username: contradicts tokenFile"),
            (
                "{token: t, exec: {apiVersion: client.authentication.k8s.io/v1beta1, command: aws}}",
                "exec: contradicts token"
            ),
            ("{tokenFile: t}", "tokenFile: /dir/t does not exist"),
            ("{tokenFile: /empty}", "tokenFile: /empty holds no token"),
            ("{tokenFile: /locked}", "tokenFile: /locked cannot be read"),
            ("{client-key: k}", "client-certificate: is missing for the client-key"),
            ("{client-certificate: k}", "client-key: is missing for the client-certificate"),
            ("{client-certificate-data: '!'}", "client-certificate-data: is not base64"),
            ("{client-certificate-data: 's3cr3t!!'}", "client-certificate-data: is not base64"),
            (
                "{client-certificate-data: czNjcjN0, client-key-data: czNjcjN0}",
                "client-certificate-data: holds no PEM certificate"
            ),
            (
                "{client-certificate: /empty, client-key: /empty}",
                "client-certificate: /empty holds no PEM certificate"
            ),
            ("{client-certificate: /none, client-key: /none}", "client-certificate: /none does not exist"),
            ("{client-certificate: /locked, client-key: /none}", "client-certificate: /locked cannot be read"),
            ("{as-groups: [a]}", "as: is missing for as-uid, as-groups or as-user-extra"),
            (
                "{exec: {command: aws}}",
                "exec.apiVersion: must be client.authentication.k8s.io/v1 or client.authentication.k8s.io/v1beta1"
            ),
            (
                "{exec: {apiVersion: client.authentication.k8s.io/v1alpha1, command: aws}}",
                "exec.apiVersion: must be client.authentication.k8s.io/v1 or client.authentication.k8s.io/v1beta1"
            ),
            ("{exec: {apiVersion: client.authentication.k8s.io/v1}}", "exec.command: is missing"),
            (
                "{exec: {apiVersion: client.authentication.k8s.io/v1, command: aws}}",
                "exec.interactiveMode: is missing, which v1 does not allow"
            ),
            (
                "{exec: {apiVersion: client.authentication.k8s.io/v1, command: aws, interactiveMode: Always}}",
                "exec.interactiveMode: is Always, but nobody is there to answer the plugin's questions"
            ),
            (
                "{exec: {apiVersion: client.authentication.k8s.io/v1, command: aws, interactiveMode: x}}",
                "exec.interactiveMode: must be Never, IfAvailable or Always"
            ),
            (
                "{auth-provider: {name: gcp, config: {access-token: s3cr3t}}}",
                "auth-provider: \"gcp\" was removed from Kubernetes; "
                    + "use an exec plugin, a tokenFile or a client certificate"
            ),
        ])
    func faults(user: String, message: String) {
        let error = #expect(throws: ConfigurationError.self) {
            try credentials(user, files: ["/empty": "", "/locked": nil as String?])
        }
        #expect(error?.description == "/dir/k: context \"c\": user \"u\": \(message)")
        #expect(error?.description.contains("s3cr3t") == false)
    }

    @Test("a key that does not belong to the certificate, and a key that is none, are found at once")
    func pairs() throws {
        let authority = try TestAuthority()
        let (one, two) = (try authority.issue(name: "a"), try authority.issue(name: "b"))
        let files = ["/crt": one.certificatePEM, "/key": two.keyPEM, "/none": two.certificatePEM]
        func error(_ key: String) -> String? {
            #expect(throws: ConfigurationError.self) {
                try credentials("{client-certificate: /crt, client-key: \(key)}", files: files)
            }?.description
        }
        #expect(
            error("/key")
                == "/dir/k: context \"c\": user \"u\": client-key: does not belong to the client-certificate")
        #expect(
            error("/none")
                == "/dir/k: context \"c\": user \"u\": client-key: /none holds no PEM unencrypted private key")
    }
}
