/// The `auth` part of the answer to a login or a renewal.
package struct VaultAuthentication: Equatable, Sendable, Decodable {
    package var clientToken: String
    /// Seconds; 0 = the token does not expire.
    package var leaseDuration: Int64
    package var renewable: Bool

    private enum CodingKeys: String, CodingKey {
        case clientToken = "client_token"
        case leaseDuration = "lease_duration"
        case renewable
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        clientToken = try container.decode(String.self, forKey: .clientToken)
        leaseDuration = try container.decodeIfPresent(Int64.self, forKey: .leaseDuration) ?? 0
        renewable = try container.decodeIfPresent(Bool.self, forKey: .renewable) ?? false
    }

    /// Makes one, for tests.
    package init(clientToken: String, leaseDuration: Int64, renewable: Bool) {
        self.clientToken = clientToken
        self.leaseDuration = leaseDuration
        self.renewable = renewable
    }
}
