import Testing

@testable import LanyardOperator

@Suite("ListenAddress")
struct ListenAddressTests {
    @Test(
        "a host and a port",
        arguments: [("0.0.0.0:8080", "0.0.0.0", 8080), ("[::]:1", "::", 1), ("localhost:0", "localhost", 0)])
    func valid(text: String, host: String, port: Int) throws {
        let address = try #require(ListenAddress(text))
        #expect(address.host == host && address.port == port)
    }

    @Test(
        "anything else is none",
        arguments: [
            "", ":", "a", "a:", ":1", "a:+1", "a:-1", "a:65536", "::1:80", "[a]:1", "[]:1", "a b:1", "http://a:1",
        ])
    func invalid(text: String) {
        #expect(ListenAddress(text) == nil)
    }
}
