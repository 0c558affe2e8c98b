import SPIREClient
import SPIREEmulator
import Testing

@Suite("Boundary cases of entries")
struct BoundaryContractTests {
    @Test("the server has no limit of its own for the length of a SPIFFE ID", arguments: [2048, 3000])
    func longID(_ length: Int) async throws {
        try await ContractServer.with { server in
            var entry = server.entry("a")
            let rest = length - "spiffe://\(server.trustDomain)\(entry.spiffeID.path)/".utf8.count
            entry.spiffeID.path += "/" + String(repeating: "p", count: rest)
            let created = try await server.created(entry)
            #expect("spiffe://\(created.spiffeID.trustDomain)\(created.spiffeID.path)".utf8.count == length)
            var filter = Spire_Api_Server_Entry_V1_ListEntriesRequest()
            filter.filter.bySpiffeID = entry.spiffeID
            #expect(try await server.entries.listEntries(filter).entries.map(\.id) == [entry.id])
        }
    }

    @Test("a DNS name may have 253 characters and not one more", arguments: [(253, true), (254, false)])
    func longName(_ length: Int, _ isValid: Bool) async throws {
        try await ContractServer.with { server in
            var entry = server.entry("a")
            // Labels of 49 characters and their dots; the first one fills up.
            let tail = Array(repeating: String(repeating: "b", count: 49), count: 4).joined(separator: ".")
            entry.dnsNames = [String(repeating: "a", count: length - tail.count - 1) + "." + tail]
            let result = try #require(try await server.create([entry]).first)
            #expect(result.status.code == (isValid ? StatusCode.ok : StatusCode.invalidArgument))
        }
    }

    @Test("100 DNS names and 64 federated trust domains come back as sets")
    func many() async throws {
        let domains = (0..<64).map { "d\($0)" }
        try await ContractServer.with(domains: domains) { server in
            var entry = server.entry("a")
            entry.dnsNames = (0..<100).map { "n\(($0 * 37) % 100).example.com" }
            entry.federatesWith = domains.map(server.domain)
            let created = try await server.created(entry)
            #expect(created.dnsNames.sorted() == entry.dnsNames.sorted())
            #expect(Set(created.federatesWith) == Set(entry.federatesWith))
            #expect(try await server.get(entry.id).dnsNames.sorted() == entry.dnsNames.sorted())
        }
    }

    @Test("a TTL of 0 is the server's default and stays 0; 1 s is a second", arguments: [Int32(0), 1, .max])
    func lifetimes(_ ttl: Int32) async throws {
        try await ContractServer.with { server in
            var entry = server.entry("a")
            entry.x509SvidTtl = ttl
            entry.jwtSvidTtl = ttl
            let created = try await server.created(entry)
            #expect((created.x509SvidTtl, created.jwtSvidTtl) == (ttl, ttl))
        }
    }

    @Test("a selector's value may be any text, with colons and what is not ASCII", arguments: ["a:b:c", "größe", " "])
    func selectorValues(_ value: String) async throws {
        try await ContractServer.with { server in
            var entry = server.entry("a")
            entry.selectors[0].value = value
            let created = try await server.created(entry)
            #expect(created.selectors == [entry.selectors[0]])
        }
    }
}
