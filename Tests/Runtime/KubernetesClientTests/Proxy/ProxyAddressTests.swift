import Testing

@testable import KubernetesClient

@Suite("ProxyAddress")
struct ProxyAddressTests {
    private func select(
        _ server: String, proxyURL: String? = nil, _ variables: [String: String]
    ) throws -> String? {
        let configuration = ClusterConfiguration(server: server, proxyURL: proxyURL)
        return try ProxyAddress.select(for: configuration) { variables[$0] }.map { "\($0.kind) \($0.host):\($0.port)" }
    }

    @Test(
        "comes from the kubeconfig, else from the variable of the server's scheme, capitals first",
        arguments: [
            ("https://k", nil, [:], nil),
            ("https://k", nil, ["HTTPS_PROXY": "http://p:3128", "https_proxy": "http://q"], "http p:3128"),
            ("https://k", nil, ["HTTPS_PROXY": "", "https_proxy": "q"], "http q:80"),
            ("https://k", nil, ["HTTP_PROXY": "http://p"], nil), ("http://k", nil, ["HTTP_PROXY": "p:1"], "http p:1"),
            ("http://k", nil, ["http_proxy": "socks5://p"], "socks5 p:1080"),
            ("https://k", nil, ["HTTPS_PROXY": "p", "NO_PROXY": "k"], nil),
            ("https://k", nil, ["HTTPS_PROXY": "p", "no_proxy": ".x,k:443"], nil),
            ("https://k", nil, ["HTTPS_PROXY": "p", "no_proxy": "k:6443"], "http p:80"),
            ("https://10.96.0.1:443", nil, ["HTTPS_PROXY": "p", "NO_PROXY": "10.96.0.0/12"], nil),
            ("https://[fd00::1]:443", nil, ["HTTPS_PROXY": "p", "NO_PROXY": "fd00::/8"], nil),
            ("https://k", "socks5h://own:9", ["HTTPS_PROXY": "p", "NO_PROXY": "*"], "socks5 own:9"),
            ("https://k", "http://[fd00::2]:8080", [:], "http fd00::2:8080"),
        ] as [(String, String?, [String: String], String?)])
    func selection(server: String, proxyURL: String?, variables: [String: String], expected: String?) throws {
        #expect(try select(server, proxyURL: proxyURL, variables) == expected)
    }

    @Test("has a name and a password, decoded")
    func credentials() throws {
        let address = try ProxyAddress("http://us%40er:p%3Aw@p", field: "x")
        #expect(address.credentials == .init(username: "us@er", password: Secret("p:w")))
    }

    @Test(
        "says which field is wrong, and never repeats the URL",
        arguments: [
            "http://", "https://u:s3cr3t@p", "ftp://s3cr3t", "socks5://u:s3cr3t@p", "http://p:0", "http://p:99999",
            "http://a b",
        ])
    func errors(url: String) {
        let error = #expect(throws: ConfigurationError.self) { _ = try select("https://k", ["HTTPS_PROXY": url]) }
        #expect(error?.field == "HTTPS_PROXY")
        #expect(error?.description.contains("s3cr3t") == false)
    }
}
