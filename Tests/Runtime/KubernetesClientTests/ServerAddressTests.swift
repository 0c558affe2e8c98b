import KubernetesModel
import Testing

@testable import KubernetesClient

@Suite("ServerAddress")
struct ServerAddressTests {
    @Test(
        "puts the certificate's name into the URL and connects to the real host",
        arguments: [
            ("https://10.0.0.1:6443", nil, "https://10.0.0.1:6443", [:]),
            ("https://10.0.0.1:6443/base/", "kube", "https://kube:6443/base", ["kube": "10.0.0.1"]),
            ("https://[fd00::1]:6443", "kube", "https://kube:6443", ["kube": "fd00::1"]),
            ("http://127.0.0.1:8001", "kube", "http://127.0.0.1:8001", [:]),
        ] as [(String, String?, String, [String: String])])
    func prefix(server: String, name: String?, prefix: String, resolution: [String: String]) throws {
        let address = try ServerAddress(ClusterConfiguration(server: server, tlsServerName: name))
        #expect(address.prefix == prefix)
        #expect(address.resolution == resolution)
    }

    @Test("percent-encodes names in paths and values in queries")
    func url() throws {
        let address = try ServerAddress(ClusterConfiguration(server: "https://k"))
        let path = Widget.descriptor.path(namespace: "n", name: "system:a/b%", subresource: "status")
        let request = APIRequest(.get, path, query: [.init("labelSelector", "a=b&c"), .init("limit", "5")])
        #expect(
            address.url(request)
                == "https://k/apis/testing.lanyard.dev/v1/namespaces/n/widgets/system%3Aa%2Fb%25/status"
                + "?labelSelector=a%3Db%26c&limit=5")
    }

    @Test("refuses names that would widen a path", arguments: ["", ".", ".."])
    func names(name: String) {
        #expect(throws: KubernetesError.self) {
            try Widget.descriptor.objectPath(ObjectKey(namespace: "n", name: name))
        }
        #expect(throws: KubernetesError.self) {
            try Widget.descriptor.objectPath(ObjectKey(namespace: name, name: "a"))
        }
    }
}
