/// The `auth` part of the answer to a login or a renewal.
package struct VaultAuthentication: Equatable, Sendable, Decodable {
    package var clientToken: String
    /// Seconds; 0 = the token does not expire.
    package var leaseDuration: Int64
    package var renewable: Bool
    /// Names of the policies that the token has, from its role and from its entity.
    package var policies: [String]

    private enum CodingKeys: String, CodingKey {
        case clientToken = "client_token"
        case leaseDuration = "lease_duration"
        case renewable, policies
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        clientToken = try container.decode(String.self, forKey: .clientToken)
        leaseDuration = try container.decodeIfPresent(Int64.self, forKey: .leaseDuration) ?? 0
        renewable = try container.decodeIfPresent(Bool.self, forKey: .renewable) ?? false
        policies = try container.decodeIfPresent([String].self, forKey: .policies) ?? []
    }

    /// Makes one, for tests.
    package init(clientToken: String, leaseDuration: Int64, renewable: Bool, policies: [String] = []) {
        self.clientToken = clientToken
        self.leaseDuration = leaseDuration
        self.renewable = renewable
        self.policies = policies
    }
}
