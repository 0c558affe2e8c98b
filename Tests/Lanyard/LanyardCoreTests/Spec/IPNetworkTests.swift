import KubernetesModel
import Testing

@testable import LanyardCore

@Suite("IPNetwork")
struct IPNetworkTests {
    @Test(
        "two notations of one network are equal",
        arguments: [
            ("10.0.0.1", "10.0.0.1/32"), ("2001:DB8::1", "2001:db8:0:0:0:0:0:1/128"), ("::", "0:0:0:0:0:0:0:0"),
            ("1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"), ("::1", "0::1"), ("fe80::/10", "FE80:0::/10"),
        ])
    func equal(left: String, right: String) {
        let network = IPNetwork(left)
        #expect(network != nil)
        #expect(network == IPNetwork(right))
    }

    @Test(
        "two networks differ",
        arguments: [("10.0.0.1/8", "10.0.0.0/8"), ("10.0.0.0/8", "10.0.0.0/9"), ("0.0.0.0", "::"), ("::1", "1::")])
    func different(left: String, right: String) {
        let networks = [IPNetwork(left), IPNetwork(right)]
        #expect(!networks.contains(nil))
        #expect(networks.first != networks.last)
    }

    @Test(
        "what is no network is refused",
        arguments: [
            "", "/", "10.0.0", "10.0.0.0.0", "10.0.0.256", "010.0.0.1", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/-1",
            "10.0.0.0/+8", "10.0.0.0/8/8", "10.0.0.1:80", "+1.0.0.0", "-1.0.0.0", ":", ":::", "1::2::3", "12345::",
            "g::", "1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7", "::/129", "::ffff:10.0.0.1", "::ffff:a00:1", "fe80::1%eth0",
            "*", "localhost", "/tmp/socket", "10.0.0.١", "1:2:3:4:5:6:7:8::", "-1::", "+1::",
        ])
    func refused(text: String) {
        #expect(IPNetwork(text) == nil)
    }
}
