package import LanyardAPI
import NIOCore
import NIOSSL
import Synchronization

/// Where the X.509-SVID of this process is at any time.
package protocol X509SVIDHolder: Sendable {
    /// What was issued last; nil before the first time.
    var x509SVID: X509SVID? { get }
}

/// How a SPIRE server is called over TCP: with the X.509-SVID of this process, and only if it is the expected server.
///
/// Each connection uses what is issued when it is opened; those that are open go on, so a rotation disturbs nobody.
package final class ServerTLS: Sendable {
    private let holder: any X509SVIDHolder
    private let serverID: SPIFFEID
    /// Made from an SVID when it is first used.
    private let prepared = Mutex<(svid: X509SVID, context: NIOSSLContext)?>(nil)
    /// Why the server of the last connection was not believed; nil when it was, or none answered.
    private let refusal = Mutex<X509SVIDVerifier.Failure?>(nil)

    /// Uses the SVIDs of a holder.
    ///
    /// - Parameter serverID: Who the server must be.
    package init(_ holder: any X509SVIDHolder, serverID: SPIFFEID) {
        self.holder = holder
        self.serverID = serverID
    }

    /// Refuses calls for which no connection could be opened.
    ///
    /// - Throws: `SPIREError` with `unavailable`.
    func checkReady() throws(SPIREError) {
        guard holder.x509SVID != nil else { throw .noSVID }
    }

    /// Says why no server can be reached, if one answers that is not believed: whoever reads it must not look for a fault of
    /// the network.
    func explained(_ error: SPIREError) -> SPIREError {
        guard error.code == .unavailable, let reason = refusal.withLock(\.self) else { return error }
        return SPIREError(.unavailable, "the server that answers is not believed to be \(serverID): \(reason.rawValue)")
    }

    /// Makes a new connection secure. Called on its event loop, before it connects.
    ///
    /// - Throws: When there is no usable SVID.
    func secure(_ channel: any Channel) throws {
        guard let svid = holder.x509SVID else { throw SPIREError.noSVID }
        let context = try context(for: svid)
        let verifier = X509SVIDVerifier(authorities: svid.authorities)
        let handshake = Handshake()
        let handler = try NIOSSLClientHandler(context: context, serverHostname: nil) { certificates, promise in
            // A verification may wait, as far as the library is concerned, and this is a callback of an event loop.
            promise.completeWithTask {
                let chain = try certificates.map { try $0.toDERBytes() }
                try await self.verify(chain, with: verifier, in: handshake)
                return .certificateVerified
            }
        }
        // Of a connection that did not come so far nothing is known.
        channel.closeFuture.whenComplete { _ in
            let failure = handshake.failure.withLock(\.self)
            self.refusal.withLock { $0 = failure }
        }
        try channel.pipeline.syncOperations.addHandler(handler, position: .first)
    }

    private func verify(
        _ chain: [[UInt8]], with verifier: X509SVIDVerifier, in handshake: Handshake
    ) async throws(X509SVIDVerifier.Failure) {
        do {
            _ = try await verifier.verify(chain: chain, expected: serverID)
        } catch {
            handshake.failure.withLock { $0 = error }
            refusal.withLock { $0 = error }
            throw error
        }
    }

    private func context(for svid: X509SVID) throws -> NIOSSLContext {
        if let context = prepared.withLock({ $0?.svid == svid ? $0?.context : nil }) { return context }
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion = .tlsv12
        configuration.applicationProtocols = ["h2"]
        // The name in the address means nothing: the server is known by its SPIFFE ID.
        configuration.certificateVerification = .noHostnameVerification
        configuration.certificateChain = try svid.certificates.map {
            .certificate(try NIOSSLCertificate(bytes: $0, format: .der))
        }
        configuration.privateKey = .privateKey(try NIOSSLPrivateKey(bytes: svid.privateKey, format: .der))
        let context = try NIOSSLContext(configuration: configuration)
        prepared.withLock { $0 = (svid, context) }
        return context
    }
}

/// What became of the verification of one connection's server.
private final class Handshake: Sendable {
    let failure = Mutex<X509SVIDVerifier.Failure?>(nil)
}

extension SPIREError {
    fileprivate static var noSVID: SPIREError {
        SPIREError(.unavailable, "the SPIRE agent has not issued this process an X.509-SVID yet")
    }
}
