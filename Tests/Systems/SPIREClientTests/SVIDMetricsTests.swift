import LanyardAPI
import PrometheusExposition
import SPIREEmulator
import Testing

@testable import SPIREClient

@Suite("SVIDMetrics")
struct SVIDMetricsTests {
    private static let now: Int64 = 1_800_000_000

    private let registry = PrometheusRegistry()

    private var series: [String] {
        registry.render().split(separator: "\n").filter { $0.hasPrefix("spiffe_") }.map(String.init)
    }

    @Test("what is left of an SVID is shown, and of how much; nothing before there is one")
    func life() throws {
        let trustDomain = try #require(TrustDomain("example.org"))
        let authority = try TrustAuthority(trustDomain: trustDomain, now: Self.now) { "k" }
        let issued = try authority.issueX509SVID("spiffe://example.org/a", lifetime: 600, now: Self.now)
        let svid = try #require(try FixedSVID(issued, authorities: authority.certificates()).x509SVID)
        let metrics = SVIDMetrics(factory: registry)
        #expect(series == [])
        metrics.show(svid, at: Self.now + 100)
        // An authority lets it begin 10 s earlier.
        let lifetime = "spiffe_x509_svid_lifetime_seconds 610"
        #expect(series == ["spiffe_x509_svid_expiration_seconds 500", lifetime])
        metrics.show(svid, at: Self.now + 700)
        #expect(series == ["spiffe_x509_svid_expiration_seconds 0", lifetime])
    }

    @Test("attempts are counted by kind and end, from the first one on")
    func attempts() {
        let metrics = SVIDMetrics(factory: registry)
        metrics.fetched(.x509, isSuccess: true)
        metrics.fetched(.jwt, isSuccess: false)
        metrics.fetched(.x509, isSuccess: true)
        #expect(
            series == [
                "spiffe_svid_fetch_total{status=\"error\",svid_type=\"jwt\"} 1",
                "spiffe_svid_fetch_total{status=\"success\",svid_type=\"x509\"} 2",
            ])
    }
}
