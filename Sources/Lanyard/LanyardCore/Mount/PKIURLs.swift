package import KubernetesModel

/// The addresses that certificates of a PKI engine carry.
package struct PKIURLs: VaultObject {
    /// Where the certificate of the authority is.
    package var issuingCertificates: [String] = []
    /// Where the revocation lists are.
    package var crlDistributionPoints: [String] = []
    /// Where the state of a certificate is asked for.
    package var ocspServers: [String] = []

    /// The whole managed field set, zeros included: a write merges, so what is left out would keep its old value.
    package var body: JSONValue {
        [
            "issuing_certificates": .array(issuingCertificates.map(JSONValue.string)),
            "crl_distribution_points": .array(crlDistributionPoints.map(JSONValue.string)),
            "ocsp_servers": .array(ocspServers.map(JSONValue.string)), "enable_templating": false,
        ]
    }

    /// The fields in which the addresses differ from these, sorted; empty means that no write is needed.
    ///
    /// - Parameter actual: the `data` of a read.
    package func differences(from actual: JSONValue) -> [FieldDifference] {
        var comparison = FieldComparison(of: actual)
        comparison.set("issuing_certificates", wanted: issuingCertificates)
        comparison.set("crl_distribution_points", wanted: crlDistributionPoints)
        comparison.set("ocsp_servers", wanted: ocspServers)
        comparison.unset(["enable_templating", "delta_crl_distribution_points"])
        return comparison.differences
    }

    /// Whether a read shows what an engine has before anybody sets addresses. It has no answer that says "absent".
    static func arePristine(_ actual: JSONValue) -> Bool { PKIURLs().differences(from: actual).isEmpty }
}
