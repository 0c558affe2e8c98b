import KubernetesModel
import LanyardAPI
import LanyardCore

/// What one resource would become.
struct RenderedResource: Equatable, Sendable, Encodable {
    var file: String
    /// The number of the document in the file.
    var document: Int
    var kind: String
    var namespace: String?
    var name: String
    /// Registration entries of SPIRE.
    var entries: [Entry] = []
    /// Objects of Vault, in the order in which they are made.
    var objects: [VaultEntry] = []
    /// Why nothing would be written; empty when something would.
    var refusals: [String] = []
    /// What is not known offline.
    var notes: [String] = []

    struct Entry: Equatable, Sendable, Encodable {
        var id: String
        var spiffeID: String
        var parentID: String
        var selectors: [String]
        var x509SVIDTTL: Int32?
        var jwtSVIDTTL: Int32?
        var dnsNames: [String]?
        var federatesWith: [String]?
        var hint: String?
    }

    /// An object of Vault.
    struct VaultEntry: Equatable, Sendable, Encodable {
        /// API path without `/v1/`.
        var path: String
        /// The text of a policy.
        var policy: String?
        /// The fields of anything else.
        var fields: JSONValue?
    }
}

extension RenderedResource.Entry {
    /// Shows an entry; what is the server's default is left out.
    init(_ entry: RegistrationEntry) {
        id = entry.id
        spiffeID = entry.spiffeID.description
        parentID = entry.parentID.description
        selectors = entry.selectors.map(\.description).sorted()
        x509SVIDTTL = entry.x509SVIDTTL == 0 ? nil : entry.x509SVIDTTL
        jwtSVIDTTL = entry.jwtSVIDTTL == 0 ? nil : entry.jwtSVIDTTL
        dnsNames = entry.dnsNames.isEmpty ? nil : entry.dnsNames
        federatesWith = entry.federatesWith.isEmpty ? nil : entry.federatesWith.sorted()
        hint = entry.hint.isEmpty ? nil : entry.hint
    }
}

extension RenderedResource {
    /// The objects of a binding.
    static func objects(of access: DesiredAccess) -> [VaultEntry] {
        var objects = [VaultEntry(path: access.policyPath, policy: access.policy.text)]
        objects += access.databaseRoles.map { role in
            VaultEntry(path: role.path, fields: role.role.object?.body)
        }
        objects += [access.kubernetesRole.map { VaultEntry(path: $0.path, fields: $0.role.body) }].compactMap { $0 }
        objects += [access.jwtRole.map { VaultEntry(path: $0.path, fields: $0.role.body) }].compactMap { $0 }
        return objects
    }

    /// Roles of which only the name is known offline.
    static func notes(on access: DesiredAccess) -> [String] {
        access.databaseRoles.compactMap { role in
            guard case .undefined(let outcome) = role.role else { return nil }
            return "\(role.path): \(outcome.message) among the files"
        }
    }
}
