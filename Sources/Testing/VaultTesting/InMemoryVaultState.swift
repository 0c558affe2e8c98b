package import KubernetesModel
package import VaultClient

/// The server of `InMemoryVault` as a value: a request and a state give an answer and the next state.
struct InMemoryVaultState: Sendable {
    typealias MountType = MountKind

    private(set) var mounts: MountTable
    let flavour: VaultFlavour
    /// By API path as the server folds it.
    private(set) var objects: [String: StoredObject] = [:]
    private(set) var changes: [VaultChange] = []
    var isSealed = false
    /// What the token may do, by path; nothing elsewhere.
    var rights: [String: Set<String>] = [:]

    init(mounts: [String: MountType], flavour: VaultFlavour) {
        self.mounts = MountTable()
        self.flavour = flavour
        for (path, type) in mounts.sorted(by: { $0.key < $1.key }) { mount(type, at: path) }
    }

    /// Answers a request that came through the port.
    mutating func respond(to method: VaultMethod, _ path: VaultPath, _ body: JSONValue?) -> VaultResponse {
        let response =
            isSealed ? .failure(503, "Vault is sealed") : handle(method, path, body)
        if method != .get, !Self.asksForRights(path) {
            let path = path.segments.joined(separator: "/")
            changes.append(VaultChange(method: method, path: path, body: body, status: response.status))
        }
        return response
    }

    mutating func loseDefaults(ofMountAt route: String) {
        guard var mount = mounts[route] else { return }
        mount.authorities.loseDefaults()
        mounts.mount(mount, at: route)
    }

    /// Answers a request whoever sends it.
    mutating func handle(_ method: VaultMethod, _ path: VaultPath, _ body: JSONValue?) -> VaultResponse {
        if method == .post, Self.asksForRights(path) { return .data(capabilities(at: body?["paths"]?.array ?? [])) }
        // Leases are not modelled: there are none to revoke, which is no error.
        if method == .post, path.segments.starts(with: ["sys", "leases", "revoke-prefix"]), path.segments.count > 3 {
            return VaultResponse(status: 204)
        }
        if let response = mounts.respond(to: method, path, body) {
            if method == .delete { removeObjectsWithoutMount() }
            return response
        }
        switch ObjectAddress.resolve(path, mounts) {
        case .failure(let refusal):
            return .failure(refusal.status, refusal.text)
        case .success(let address):
            switch method {
            case .get: return read(address)
            case .post: return write(address, body ?? [:])
            case .delete: return delete(address)
            }
        }
    }

    /// Answers a listing of policies with all that reads of them show, as OpenBao does.
    func list(_ path: VaultPath) -> VaultResponse {
        if isSealed { return .failure(503, "Vault is sealed") }
        guard flavour == .openBao, path.segments == ["sys", "policies", "detailed", "acl"] else {
            return .failure(Refusal.unsupportedPath.status, Refusal.unsupportedPath.text)
        }
        var policies: [String: JSONValue] = [:]
        for name in ["default", "root"] {
            let address = ObjectAddress(kind: .policy, path: "sys/policies/acl/\(name)", name: name)
            policies[name] = ACLPolicy.builtIn(address)?.readBack(flavour)
        }
        for (path, object) in objects where object.kind == .policy {
            policies[String(path.dropFirst("sys/policies/acl/".count))] = object.readBack(flavour)
        }
        return .data(["keys": .array(policies.keys.sorted().map(JSONValue.string)), "key_info": .object(policies)])
    }

    mutating func mount(_ type: MountType?, at path: String) {
        if let type {
            mounts.mount(Mount(type), at: type.isAuth ? "auth/\(path)" : path)
        } else {
            mounts.unmount("auth/\(path)")
            mounts.unmount(path)
            removeObjectsWithoutMount()
        }
    }

    private static func asksForRights(_ path: VaultPath) -> Bool { path.segments == ["sys", "capabilities-self"] }

    private func capabilities(at paths: [JSONValue]) -> JSONValue {
        .object(
            paths.compactMap(\.string).reduce(into: [:]) { answer, path in
                answer[path] = .array((rights[path]?.sorted() ?? ["deny"]).map(JSONValue.string))
            })
    }

    /// What was in a mount goes with it.
    private mutating func removeObjectsWithoutMount() {
        objects = objects.filter { $0.key.hasPrefix("sys/") || mounts.route(of: $0.key) != nil }
    }

    private func read(_ address: ObjectAddress) -> VaultResponse {
        if let policy = ACLPolicy.builtIn(address), objects[address.path] == nil {
            return .data(policy.readBack(flavour))
        }
        guard let object = objects[address.path] ?? address.kind.initial else {
            return VaultResponse(status: 404, body: .envelope(VaultEnvelope(errors: [])))
        }
        return .data(object.readBack(flavour))
    }

    private mutating func write(_ address: ObjectAddress, _ body: JSONValue) -> VaultResponse {
        guard let body = body.object else { return .failure(400, "failed to decode JSON input") }
        do throws(Refusal) {
            if let counterpart = address.counterpart, objects[counterpart] != nil {
                throw Refusal("Role and Static Role names must be unique")
            }
            let existing = objects[address.path]
            let (object, warnings) = try StoredObject.merging(body, into: existing, at: address, flavour)
            objects[address.path] = object
            if address.kind.answersWithObject {
                let envelope = VaultEnvelope(data: object.readBack(flavour), warnings: warnings)
                return VaultResponse(status: 200, body: .envelope(envelope))
            }
            if warnings.isEmpty { return VaultResponse(status: 204) }
            return VaultResponse(status: 200, body: .envelope(VaultEnvelope(data: .null, warnings: warnings)))
        } catch {
            return .failure(error.status, error.text)
        }
    }

    private mutating func delete(_ address: ObjectAddress) -> VaultResponse {
        if address.kind == .policy {
            switch address.name {
            case "default": return .failure(400, "cannot delete default policy")
            case "root", "response-wrapping": return .failure(400, "cannot delete \"\(address.name)\" policy")
            default: break
            }
        }
        if address.kind.isSingleton { return .failure(405, Refusal.unsupportedOperation.text) }
        objects[address.path] = nil
        return VaultResponse(status: 204)
    }
}

extension VaultResponse {
    /// 200 with data.
    static func data(_ data: JSONValue) -> VaultResponse {
        VaultResponse(status: 200, body: .envelope(VaultEnvelope(data: data)))
    }

    /// An error of the API.
    static func failure(_ status: Int, _ text: String) -> VaultResponse {
        VaultResponse(status: status, body: .envelope(VaultEnvelope(errors: [text])))
    }
}

/// A write or delete that reached the server.
package struct VaultChange: Equatable, Sendable {
    /// `post` or `delete`.
    package let method: VaultMethod
    /// As it was asked for, not folded.
    package let path: String
    package let body: JSONValue?
    /// The HTTP status of the answer; 2xx when something was done.
    package let status: Int
}
