import FoundationEssentials
import KubernetesModel
import LanyardCore
import Logging
import Testing
import VaultClient

/// What a real OpenBao shows of policies by one call.
@Suite("PolicyListingRight on OpenBao", .enabled(if: OpenBao.isNamed), .serialized)
struct PolicyListingRightTests {
    private let name = "listed-\(UInt32.random(in: 0...UInt32.max))"

    private static func path(_ name: String) -> String { "sys/policies/acl/\(name)" }

    @Test("a listing shows of each policy what a read shows")
    func contents() async throws {
        try await OpenBao.run { server in
            let bao = server.connection
            let body: JSONValue = ["policy": "# one\n", "cas": -1, "cas_required": true, "ttl": "1h"]
            try await bao.write(Self.path("\(name)-1"), body)
            for _ in 0..<2 { try await bao.write(Self.path("\(name)-2"), ["policy": "# two\n"]) }
            let listed = try await bao.details(below: PolicyListingRight.path)
            for listedName in ["\(name)-1", "\(name)-2", "default"] {
                let read = try #require(try await bao.read(Self.path(listedName)))
                #expect(listed[listedName] == read)
            }
            #expect(listed["\(name)-1"]?["expiration"] != nil)
            #expect(listed["\(name)-2"]?["version"] == 2)
            for number in 1...2 { try await bao.delete(Self.path("\(name)-\(number)")) }
        }
    }

    @Test("by the right that lanyard vault-policy prints, only what may be read is shown")
    func right() async throws {
        try await OpenBao.run { server in
            let bao = server.connection
            let text = "path \"\(Self.path(name))*\" { capabilities = [\"read\"] }\n" + PolicyListingRight.text
            try await bao.write(Self.path(name), ["policy": .string(text)])
            let answer = try await server.post(
                "auth/token/create",
                ["policies": [.string(name)], "no_default_policy": true, "ttl": "10m", "type": "service"])
            let token = try #require(answer.auth?.clientToken)
            let file = FileManager.default.temporaryDirectory.appending(path: "lanyard-bao-\(UUID().uuidString)")
            try Data(token.utf8).write(to: file)
            defer { try? FileManager.default.removeItem(at: file) }
            let address = try #require(ProcessInfo.processInfo.environment["BAO_ADDR"])
            let own = try VaultConnection(
                VaultConnectionConfiguration(address: address, authentication: .token(file: file.path)),
                environment: .system, logger: Logger(label: "test"), fence: { nil })
            let listed = await Result.of { () async throws(VaultError) in
                try await own.details(below: PolicyListingRight.path)
            }
            await own.close()
            #expect(try listed.get().keys.sorted() == [name])
            try await bao.delete(Self.path(name))
        }
    }
}
