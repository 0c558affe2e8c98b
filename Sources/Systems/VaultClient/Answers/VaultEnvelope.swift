package import KubernetesModel

/// The JSON object around every answer of the API.
package struct VaultEnvelope: Equatable, Sendable {
    /// What went wrong; an empty list with status 404 means that the object is absent.
    package var errors: [String]?
    package var warnings: [String]?
    package var data: JSONValue?
    /// The result of a login or renewal.
    package var auth: VaultAuthentication?
    /// Only in `sys/seal-status`: OpenBao says when its source was committed, Vault says `build_date` instead.
    package var commitDate: String?

    /// What is not given is absent.
    package init(errors: [String]? = nil, data: JSONValue? = nil, warnings: [String]? = nil) {
        self.errors = errors
        self.data = data
        self.warnings = warnings
    }

    /// Reads an answer; nil when it is none of the API's.
    init?(reading answer: JSONValue) {
        do throws(AnswerMembers.Malformed) {
            let members = try AnswerMembers(of: answer)
            errors = try members.read("errors") { $0.texts }
            warnings = try members.read("warnings") { $0.texts }
            data = try members.read("data") { $0 }
            auth = try members.read("auth") { VaultAuthentication(reading: $0) }
            commitDate = try members.read("commit_date") { $0.string }
        } catch {
            return nil
        }
    }
}

/// The `auth` part of the answer to a login or a renewal.
package struct VaultAuthentication: Equatable, Sendable {
    package var clientToken: String
    /// Seconds; 0 = the token does not expire.
    package var leaseDuration: Int64
    package var renewable: Bool
    /// Names of the policies that the token has, from its role and from its entity.
    package var policies: [String]

    /// Reads what an answer has; nil when that is something else, or has no token.
    init?(reading auth: JSONValue) {
        do throws(AnswerMembers.Malformed) {
            let members = try AnswerMembers(of: auth)
            guard let token = try members.read("client_token", { $0.string }) else { return nil }
            clientToken = token
            leaseDuration = try members.read("lease_duration") { $0.integer } ?? 0
            renewable = try members.read("renewable") { $0.bool } ?? false
            policies = try members.read("policies") { $0.texts } ?? []
        } catch {
            return nil
        }
    }

    /// Makes one, for tests.
    package init(clientToken: String, leaseDuration: Int64, renewable: Bool, policies: [String] = []) {
        self.clientToken = clientToken
        self.leaseDuration = leaseDuration
        self.renewable = renewable
        self.policies = policies
    }
}

/// The members of an object of the API, which have the types that they should have.
private struct AnswerMembers {
    /// Something is of another type.
    struct Malformed: Error {}

    private let members: [String: JSONValue]

    init(of answer: JSONValue) throws(Malformed) {
        guard let members = answer.object else { throw Malformed() }
        self.members = members
    }

    /// What a member is; nil when it is absent or null.
    func read<Value>(_ name: String, _ content: (JSONValue) -> Value?) throws(Malformed) -> Value? {
        guard let member = members[name], member != .null else { return nil }
        guard let value = content(member) else { throw Malformed() }
        return value
    }
}

extension JSONValue {
    /// The elements, if this is an array of strings.
    fileprivate var texts: [String]? {
        guard let elements = array else { return nil }
        let texts = elements.compactMap(\.string)
        return texts.count == elements.count ? texts : nil
    }
}
