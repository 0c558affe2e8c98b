import ArgumentParser
import FoundationEssentials
import LanyardAPI
import SPIREClient
import SPIREEmulator

/// `spire-emulator bundle`: what SVIDs of a server's trust domain are verified with, for other programs.
struct BundleCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bundle", abstract: "Print the authorities of any SPIRE server as PEM.")

    /// Which of them.
    enum Kind: String, ExpressibleByArgument, CaseIterable {
        case x509
        case jwt
    }

    @OptionGroup var server: EntryCommand.Server

    @Argument(help: "x509: certificates; jwt: public keys.")
    var kind = Kind.x509

    func run() async throws {
        let bundle = try await server.connected { try await $0.bundle() }
        switch kind {
        case .x509: bundle.x509Authorities.forEach { print(pem("CERTIFICATE", $0.certificate)) }
        case .jwt: bundle.jwtKeys.forEach { print(pem("PUBLIC KEY", $0.publicKey)) }
        }
    }

    private func pem(_ label: String, _ der: [UInt8]) -> String {
        var rest = Substring(Data(der).base64EncodedString())
        var lines = ["-----BEGIN \(label)-----"]
        while !rest.isEmpty {
            lines.append(String(rest.prefix(64)))
            rest = rest.dropFirst(64)
        }
        return (lines + ["-----END \(label)-----"]).joined(separator: "\n")
    }
}
