import Testing

@testable import KubernetesClient

@Suite("NoProxy")
struct NoProxyTests {
    /// A row of the table: a list, a host with its port, whether the proxy is passed by.
    struct Row: Sendable, CustomTestStringConvertible {
        let list: String
        let host: String
        let port: Int
        let isContained: Bool

        init(_ list: String, _ host: String, _ isContained: Bool, port: Int = 443) {
            self.list = list
            self.host = host
            self.port = port
            self.isContained = isContained
        }

        var testDescription: String { "\"\(list)\" \(isContained ? "has" : "lacks") \(host):\(port)" }
    }

    static let rows = [
        Row("", "kube.example.com", false), Row(" , ,", "kube.example.com", false),
        // This machine always is.
        Row("", "localhost", true), Row("", "LOCALHOST.", true), Row("", "127.0.0.1", true), Row("", "127.9.9.9", true),
        Row("", "::1", true), Row("", "[::1]", true), Row("", "128.0.0.1", false),
        Row("", "localhost.example.com", false),
        // Everything.
        Row("*", "kube.example.com", true), Row("a,*", "10.0.0.1", true), Row("*", "fd00::1", true),
        // Domains.
        Row("example.com", "example.com", true), Row("example.com", "kube.example.com", true),
        Row("example.com", "kubeexample.com", false), Row("example.com", "example.com.evil", false),
        Row("EXAMPLE.com", "Kube.Example.COM", true), Row("example.com", "example.com.", true),
        Row(".example.com", "example.com", false), Row(".example.com", "kube.example.com", true),
        Row(".example.com", "a.kube.example.com", true), Row("*.example.com", "example.com", false),
        Row("*.example.com", "kube.example.com", true), Row("*.example.com", "kube-example.com", false),
        Row("a.b , kube.example.com", "kube.example.com", true),
        Row(".svc,.cluster.local", "kubernetes.default.svc", true),
        Row("com", "example.com", true), Row("http://example.com", "example.com", false),
        // Ports.
        Row("example.com:6443", "example.com", true, port: 6443), Row("example.com:6443", "example.com", false),
        Row(".example.com:6443", "kube.example.com", true, port: 6443),
        Row("10.0.0.1:6443", "10.0.0.1", true, port: 6443), Row("10.0.0.1:6443", "10.0.0.1", false),
        Row("[fd00::1]:6443", "fd00::1", true, port: 6443), Row("[fd00::1]:6443", "fd00::1", false),
        // Addresses.
        Row("10.0.0.1", "10.0.0.1", true), Row("10.0.0.1", "10.0.0.10", false), Row("10.0.0.1", "a.10.0.0.1", false),
        Row("fd00::1", "[fd00::1]", true), Row("fd00:0:0::1", "fd00::1", true), Row("fd00::1", "fd00::2", false),
        Row("::ffff:10.0.0.1", "10.0.0.1", true),
        // CIDR.
        Row("10.0.0.0/8", "10.255.1.2", true), Row("10.0.0.0/8", "11.0.0.1", false),
        Row("10.96.0.0/12", "10.111.255.255", true), Row("10.96.0.0/12", "10.112.0.0", false),
        Row("10.0.0.1/32", "10.0.0.1", true), Row("10.0.0.1/32", "10.0.0.2", false),
        Row("0.0.0.0/0", "8.8.8.8", true), Row("0.0.0.0/0", "fd00::1", false), Row("10.0.0.0/33", "10.0.0.1", false),
        Row("10.0.0.0/-1", "10.0.0.1", false), Row("10.0.0.0/x", "10.0.0.1", false),
        Row("fd00::/8", "fdff::1", true), Row("fd00::/8", "fe00::1", false), Row("fd00::/127", "fd00::1", true),
        Row("fd00::/127", "fd00::2", false), Row("10.0.0.0/8", "kube.10.0.0.1", false),
    ]

    @Test("follows the table", arguments: rows)
    func table(row: Row) {
        #expect(NoProxy(row.list).contains(host: row.host, port: row.port) == row.isContained)
    }
}
