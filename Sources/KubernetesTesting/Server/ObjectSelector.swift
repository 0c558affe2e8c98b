import KubernetesClient
import KubernetesModel

/// The objects that a LIST or WATCH asks for.
struct ObjectSelector {
    private let namespace: String?
    private let name: String?
    private let requirements: [(label: String, value: String?)]

    /// Reads the namespace of the path, `labelSelector` (`a=b` and `a`) and `fieldSelector` (`metadata.name=x`).
    ///
    /// - Throws: `KubernetesError.badRequest` for selectors of other forms.
    init(namespace: String?, query: [String: String]) throws {
        self.namespace = namespace
        requirements = try (query["labelSelector"] ?? "").split(separator: ",").map { term in
            guard !term.contains("!"), !term.contains("("), !term.contains(" ") else {
                throw ServerFailure.badRequest("label selector of an unsupported form")
            }
            let parts = term.replacing("==", with: "=").split(separator: "=", maxSplits: 1).map(String.init)
            return (parts.first ?? "", parts.dropFirst().first)
        }
        let field = query["fieldSelector"] ?? ""
        guard field.isEmpty || field.hasPrefix("metadata.name=") else {
            throw ServerFailure.badRequest("field selector of an unsupported form")
        }
        name = field.isEmpty ? nil : String(field.dropFirst("metadata.name=".count))
    }

    /// Whether an object is asked for; an absent one never is.
    func matches(_ object: StoredObject?) -> Bool {
        guard let object else { return false }
        guard namespace == nil || object.key.namespace == namespace, name == nil || object.key.name == name else {
            return false
        }
        if requirements.isEmpty { return true }
        let labels = object.labels
        return requirements.allSatisfy { requirement in
            guard let value = labels[requirement.label]?.string else { return false }
            return requirement.value == nil || requirement.value == value
        }
    }
}
