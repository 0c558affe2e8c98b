import FoundationEssentials
import KubernetesModel
import KubernetesTesting
import Testing

@testable import VaultClient

@Suite("HTTPTransport over TLS", .timeLimit(.minutes(1)))
struct TransportTLSTests {
    private let servers: TestAuthority
    private let clients: TestAuthority

    init() throws {
        servers = try TestAuthority(name: "Servers")
        clients = try TestAuthority(name: "Clients")
    }

    /// Files that are there while the body runs.
    private struct Files {
        let directory: URL

        func write(_ text: String, to name: String) throws {
            try Data(text.utf8).write(to: directory.appending(path: name))
        }

        func path(_ name: String) -> String { directory.appending(path: name).path }

        func write(_ certificate: TestCertificate) throws {
            try write(certificate.certificatePEM, to: "tls.crt")
            try write(certificate.keyPEM, to: "tls.key")
        }
    }

    private func withFiles(_ body: (Files) async throws -> Void) async throws {
        let files = Files(directory: FileManager.default.temporaryDirectory.appending(path: "lanyard-\(UUID())"))
        try FileManager.default.createDirectory(at: files.directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: files.directory) }
        try await body(files)
    }

    private func configuration(
        _ server: KubernetesTesting.ScriptedServer, _ files: Files, hasClientCertificate: Bool = false
    ) -> VaultConnectionConfiguration {
        VaultConnectionConfiguration(
            address: server.url, caFile: files.path("ca.crt"),
            clientCertificateFile: hasClientCertificate ? files.path("tls.crt") : nil,
            clientKeyFile: hasClientCertificate ? files.path("tls.key") : nil, authentication: .token(file: "-"))
    }

    /// What comes of one request on a connection of its own.
    private func code(_ transport: HTTPTransport) async throws -> VaultError.Code? {
        let path = try VaultPath("sys/health")
        do throws(VaultError) {
            _ = try await transport.send(VaultRequest(.get, path), timeout: .seconds(10))
            return nil
        } catch {
            return error.code
        }
    }

    private func run(
        clientAuthority: TestAuthority? = nil,
        _ body: (KubernetesTesting.ScriptedServer, Observed<ScriptedTLS>) async throws -> Void
    ) async throws {
        let tls = Observed(
            ScriptedTLS(certificate: try servers.issue(name: "vault"), clientAuthority: clientAuthority))
        let answer = ScriptedAnswer.json("{}", headers: [("Connection", "close")])
        try await KubernetesTesting.ScriptedServer.run(tls: tls, script: [answer]) { server in
            try await body(server, tls)
        }
    }

    @Test("a server of the configured authority is trusted, one of another authority gets no request")
    func authority() async throws {
        try await withFiles { files in
            try await run { server, _ in
                for (authority, expected) in [(servers, nil), (clients, VaultError.Code.unavailable)] {
                    try files.write(authority.certificatePEM, to: "ca.crt")
                    let transport = try HTTPTransport(configuration(server, files), clock: ManualClock())
                    #expect(try await code(transport) == expected)
                    await transport.shutDown()
                }
                #expect(server.requests.count == 1)
            }
        }
    }

    @Test("the client certificate is shown, and one that was replaced is read again within a minute")
    func clientCertificate() async throws {
        try await withFiles { files in
            try await run(clientAuthority: clients) { server, _ in
                let clock = ManualClock()
                let (first, second) = (try clients.issue(name: "operator"), try clients.issue(name: "operator"))
                try files.write(servers.certificatePEM, to: "ca.crt")
                try files.write(first)
                let transport = try HTTPTransport(
                    configuration(server, files, hasClientCertificate: true), clock: clock)
                #expect(try await code(transport) == nil)
                try files.write(second)
                clock.advance(by: .seconds(61))
                #expect(try await code(transport) == nil)
                #expect(server.requests.map(\.clientCertificate) == [first.serialNumber, second.serialNumber])
                await transport.shutDown()
            }
        }
    }

    @Test("without the certificate that the server asks for there is no answer, and no word about addresses")
    func missingClientCertificate() async throws {
        try await withFiles { files in
            try await run(clientAuthority: clients) { server, _ in
                try files.write(servers.certificatePEM, to: "ca.crt")
                let transport = try HTTPTransport(configuration(server, files), clock: ManualClock())
                #expect(try await code(transport) == .unavailable)
                #expect(server.requests.isEmpty)
                await transport.shutDown()
            }
        }
    }

    @Test("the authority was replaced: the new one is read again, and a file that is being written changes nothing")
    func rotatedAuthority() async throws {
        try await withFiles { files in
            try await run { server, tls in
                let clock = ManualClock()
                try files.write(servers.certificatePEM, to: "ca.crt")
                let transport = try HTTPTransport(configuration(server, files), clock: clock)
                #expect(try await code(transport) == nil)
                let certificate = try clients.issue(name: "vault")
                tls.update { $0.certificate = certificate }
                try files.write("-----BEGIN CERT", to: "ca.crt")
                clock.advance(by: .seconds(61))
                #expect(try await code(transport) == .unavailable)
                try files.write(clients.certificatePEM, to: "ca.crt")
                clock.advance(by: .seconds(61))
                #expect(try await code(transport) == nil)
                await transport.shutDown()
            }
        }
    }

    @Test("a certificate without its key, and files without PEM, are refused at once", arguments: [0, 1, 2])
    func unusableFiles(_ which: Int) async throws {
        try await withFiles { files in
            let certificate = try clients.issue(name: "operator")
            try files.write(servers.certificatePEM, to: "ca.crt")
            try files.write(certificate)
            var configuration = VaultConnectionConfiguration(
                address: "https://vault:8200", caFile: files.path("ca.crt"),
                clientCertificateFile: files.path("tls.crt"), clientKeyFile: files.path("tls.key"),
                authentication: .token(file: "-"))
            switch which {
            case 0: configuration.clientKeyFile = nil
            case 1: try files.write("nothing", to: "ca.crt")
            default: try files.write("nothing", to: "tls.key")
            }
            #expect(
                performing: { _ = try HTTPTransport(configuration, clock: ManualClock()) },
                throws: { ($0 as? VaultError)?.code == .rejected })
        }
    }
}
