import KubernetesModel
import LanyardAPI
import LanyardCore

/// Holds manifests against schema, rules and the boundaries among them, as the operator would.
struct Validation {
    let settings: PlanningSettings
    /// Namespace of objects that do not say one.
    let defaultNamespace: String?

    /// Checks all objects of the documents.
    func report(on documents: [ManifestDocument]) -> ValidationReport {
        var report = ValidationReport()
        var seen: Set<String> = []
        let objects = documents.flatMap(\.objects).map { TypedManifest($0, defaultNamespace: defaultNamespace) }
        let context = ValidationContext(objects, settings: settings)
        var conflicts = FileConflicts(context: context)
        for object in objects {
            guard let kind = object.kind else {
                report.ignored += 1
                continue
            }
            var resource = ValidationReport.Resource(
                file: object.document.file, document: object.document.number, line: object.document.line(of: ""),
                kind: kind, namespace: object.metadata?.namespace, name: object.metadata?.name ?? "",
                reason: Reason.accepted.rawValue)
            var violations = object.problems
            if !seen.insert("\(kind) \(resource.key)").inserted {
                violations.append(
                    SpecViolation(kind: .invalid, field: "metadata.name", message: "is the same as an earlier object's")
                )
            }
            violations += context.violations(of: object)
            let wanted = conflicts.violations(of: object)
            func finding(_ field: String, _ message: String) -> ValidationReport.Finding {
                .init(field: field, line: object.document.line(of: field), message: message)
            }
            resource.violations = (violations + wanted).map { finding($0.field, $0.message) }
            resource.notes = context.notes(on: object).map { finding($0.field, $0.message) }
            if let all = SpecViolations(violations) {
                resource.reason = all.reason.rawValue
            } else if !wanted.isEmpty {
                resource.reason = Reason.conflict.rawValue
            }
            report.resources.append(resource)
        }
        return report
    }
}
