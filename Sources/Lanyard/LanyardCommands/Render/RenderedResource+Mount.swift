import KubernetesModel
import LanyardCore

extension RenderedResource {
    /// What a new mount would be made of. Secrets are named, never shown.
    static func objects(of mount: DesiredMount) -> [VaultEntry] {
        var objects = [VaultEntry(path: mount.location.claimPath, fields: mount.settings.enabling)]
        objects += mount.objects.map { object in
            var fields = object.object.body
            switch object.source {
            case .spec, .trustKeys: break
            case .reviewerToken(let token): fields["token_reviewer_jwt"] = reference(to: token)
            case .credentials(let username, let secrets):
                fields["username"] = reference(to: username)
                for (member, key) in secrets { fields[member] = reference(to: key) }
            }
            return VaultEntry(path: object.path, fields: fields)
        }
        guard let authority = mount.authority else { return objects }
        switch authority.request(hasKey: false) {
        case .root(let path, let body, _):
            objects.append(VaultEntry(path: path, fields: body))
        case .intermediate(let making):
            objects.append(VaultEntry(path: making.requestPath, fields: making.requestBody))
            objects.append(VaultEntry(path: making.signingPath, fields: making.signingBody))
        }
        return objects
    }

    private static func reference(to key: SecretKey) -> JSONValue {
        .string("(entry \(key.key) of the Secret \(key.secret))")
    }
}
