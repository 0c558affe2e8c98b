import KubernetesModel
import LanyardAPI

/// Collects what is wrong with a spec while it is planned.
struct SpecCheck {
    /// What a name of a ServiceAccount must be.
    static let serviceAccountRule =
        "must be the name of one ServiceAccount: a DNS subdomain of a-z 0-9 - . without wildcards"

    private(set) var violations: [SpecViolation] = []

    /// Notes that a field is wrong in itself; the message completes a sentence that begins with the field.
    mutating func invalid(_ field: String, _ message: String) {
        violations.append(SpecViolation(kind: .invalid, field: field, message: message))
    }

    /// Adds what other planners found.
    mutating func add(_ more: [SpecViolation]) {
        violations += more
    }

    /// Notes what of the object was too large to be read.
    mutating func omissions<Object: KubernetesResource>(of object: Object) {
        let projection = Object.projection
        let leftOut = object.metadata.leftOut
        if leftOut.contains(.finalizers) {
            invalid(
                "metadata.finalizers",
                "must not be larger than \(ObjectProjection.words(projection.limits.finalizers))")
        }
        if leftOut.contains(.spec) {
            invalid("spec", "must not be larger than \(ObjectProjection.words(projection.limits.spec)) as JSON")
        } else if leftOut.contains(.namespaceShare) {
            invalid(
                "spec",
                "is not read, as the \(Object.descriptor.kind) objects of its namespace are larger than "
                    + "\(ObjectProjection.words(projection.namespaceLimit)) in all; delete some, or make them smaller, and "
                    + "change this one then")
        }
    }

    /// A duration in seconds; nil when there is none, or when it is wrong, which is noted.
    mutating func seconds(_ text: String?, _ field: String) -> Int? {
        guard let text else { return nil }
        switch VaultDuration.seconds(ofSpec: text) {
        case .success(let seconds): return seconds
        case .failure(let violation):
            invalid(field, violation.message)
            return nil
        }
    }

    /// A list whose length is within a limit; nil when it is not, which is noted.
    mutating func bounded<Element>(_ list: [Element]?, _ field: String, limit: Int) -> [Element]? {
        let list = list ?? []
        if list.count <= limit { return list }
        invalid(field, "must not have more than \(limit) items")
        return nil
    }

    /// The planned value if nothing is wrong, else all violations.
    func result<Planned>(_ planned: Planned?) -> Result<Planned, SpecViolations> {
        if let violations = SpecViolations(violations) { return .failure(violations) }
        if let planned { return .success(planned) }
        // Whoever plans nothing says why; should that be forgotten, nothing is written either.
        return .failure(SpecViolations(SpecViolation(kind: .invalid, field: "spec", message: "cannot be planned")))
    }
}

extension ObjectMeta {
    /// Whether there is more in the spec than was read.
    var isSpecLeftOut: Bool { !leftOut.isDisjoint(with: [.spec, .namespaceShare]) }
}
