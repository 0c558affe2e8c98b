import KubernetesModel
import VaultClient

/// What is mounted, and the endpoints that change it: `sys/auth`, `sys/mounts` and the authorities of PKI.
struct MountTable: Sendable {
    /// By route, `auth/jwt` or `database`.
    private var mounts: [String: Mount] = [:]

    subscript(route: String) -> Mount? { mounts[route] }

    /// The route of the mount that a path is in; none is inside another, so there is at most one.
    func route(of path: String) -> String? {
        mounts.keys.first { path == $0 || path.hasPrefix("\($0)/") }
    }

    mutating func mount(_ mount: Mount, at route: String) { mounts[route] = mount }

    mutating func unmount(_ route: String) { mounts[route] = nil }

    /// Answers what concerns mounts themselves; nil for everything else.
    mutating func respond(to method: VaultMethod, _ path: VaultPath, _ body: JSONValue?) -> VaultResponse? {
        let segments = path.segments
        do throws(Refusal) {
            if segments.starts(with: ["sys", "auth"]) || segments.starts(with: ["sys", "mounts"]) {
                return try administer(method, segments, RequestFields(body?.object ?? [:]))
            }
            guard let route = route(of: segments.joined(separator: "/")), mounts[route]?.type == .pki else {
                return nil
            }
            let rest = segments.dropFirst(route.split(separator: "/").count).joined(separator: "/")
            return try mounts[route]?.authorities.respond(to: method, rest, RequestFields(body?.object ?? [:]))
        } catch {
            return .failure(error.status, error.text)
        }
    }

    private mutating func administer(
        _ method: VaultMethod, _ segments: [String], _ fields: RequestFields
    ) throws(Refusal) -> VaultResponse {
        let isAuth = segments[1] == "auth"
        var name = segments.dropFirst(2)
        guard !name.isEmpty else {
            guard method == .get else { throw .unsupportedOperation }
            return .data(list(isAuth: isAuth))
        }
        if !isAuth, name.last == "tune", name.count > 1 {
            name.removeLast()
            return try tune(method, name.joined(separator: "/"), fields)
        }
        let route = (isAuth ? ["auth"] : []) + name
        switch method {
        case .get:
            let path = route.joined(separator: "/")
            // Below an engine the server tells of that engine.
            guard let mount = mounts[(isAuth ? nil : self.route(of: path)) ?? path] else {
                let kind = isAuth ? "No auth engine" : "No secret engine mount"
                throw Refusal("\(kind) at \(name.joined(separator: "/"))/")
            }
            return .data(mount.entry(at: name.joined(separator: "/")))
        case .post:
            try enable(route.joined(separator: "/"), isAuth: isAuth, fields)
        case .delete:
            unmount(route.joined(separator: "/"))
        }
        return VaultResponse(status: 204)
    }

    private func list(isAuth: Bool) -> JSONValue {
        var entries: [String: JSONValue] = [:]
        for (route, mount) in mounts where mount.type.isAuth == isAuth {
            let path = isAuth ? String(route.dropFirst("auth/".count)) : route
            entries["\(path)/"] = mount.entry(at: path)
        }
        return .object(entries)
    }

    private mutating func enable(_ route: String, isAuth: Bool, _ fields: RequestFields) throws(Refusal) {
        let name = try fields.string("type") ?? ""
        guard !name.isEmpty else { throw Refusal("backend type must be specified as a string") }
        guard let type = Mount.MountType(named: name, isAuth: isAuth) else {
            throw Refusal("plugin not found in the catalog: \(name)")
        }
        guard !mounts.keys.contains(where: { "\($0)/".hasPrefix("\(route)/") || "\(route)/".hasPrefix("\($0)/") })
        else { throw Refusal("path is already in use at \(route)/") }
        var mount = Mount(type)
        mount.description = try fields.string("description") ?? ""
        try mount.tune(RequestFields(fields.values["config"]?.object ?? [:]))
        guard mount.maxLeaseTTL > 0 || mount.defaultLeaseTTL <= TokenParameters.maxLease else {
            throw Refusal("given default lease TTL greater than system max lease TTL")
        }
        try mount.setOptions(fields.values["options"])
        mounts[route] = mount
    }

    private mutating func tune(
        _ method: VaultMethod, _ route: String, _ fields: RequestFields
    ) throws(Refusal) -> VaultResponse {
        guard method == .post else { throw .unsupportedOperation }
        guard var mount = mounts[route] else {
            throw Refusal("tune of path \"\(route)/\" failed: no mount entry found")
        }
        try mount.tune(fields)
        let version = mount.version
        try mount.setOptions(fields.values["options"])
        mounts[route] = mount
        guard mount.version != version else { return VaultResponse(status: 204) }
        let warning = "Upgrading mount from version \(version) to version \(mount.version)."
        return VaultResponse(status: 200, body: .envelope(VaultEnvelope(data: .null, warnings: [warning])))
    }
}
