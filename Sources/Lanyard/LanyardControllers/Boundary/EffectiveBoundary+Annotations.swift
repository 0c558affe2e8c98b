import KubernetesModel
import LanyardAPI
import LanyardCore

extension ObjectMeta {
    /// Whether the author asked for nothing to be touched, and may (rule fail-15).
    func isPaused(by boundary: EffectiveBoundary) -> Bool {
        annotations?[LanyardGroup.pausedAnnotation] == "true" && boundary.allowsPause
    }

    /// Whether the author wants objects that exist unowned to be taken over, and may.
    func allowsAdoption(within boundary: EffectiveBoundary) -> Bool {
        annotations?[LanyardGroup.adoptAnnotation] == "true" && boundary.allowsAdoption
    }

    /// What the Accepted condition says of annotations that no boundary makes effective, or that are misspelt; nil when there
    /// are none.
    func ineffectiveAnnotationsNote(within boundary: EffectiveBoundary) -> String? {
        let ineffective = [
            (LanyardGroup.pausedAnnotation, boundary.allowsPause),
            (LanyardGroup.adoptAnnotation, boundary.allowsAdoption),
        ].filter { annotations?[$0.0] == "true" && !$0.1 }.map(\.0)
        var notes = AnnotationCheck.oddities(in: annotations)
        if !ineffective.isEmpty {
            notes.insert("without effect, since no boundary allows it: \(ineffective.joined(separator: ", "))", at: 0)
        }
        return notes.isEmpty ? nil : "the spec is valid; \(notes.joined(separator: "; "))"
    }
}

extension EffectiveBoundary {
    /// Whether what is to be left behind may stay.
    var orphanRule: BindingPlan.OrphanRule {
        if allowsOrphan { return .allowed }
        if undecided.isEmpty { return .forbidden }
        return .undecided(
            .fails(
                .outsideBoundary,
                "it cannot be decided whether deletionPolicy Orphan is allowed, because of "
                    + undecided.joined(separator: ", ")))
    }

    /// What to do about an object whose deletion does not come to an end.
    var orphaningHint: String {
        allowsOrphan ? Self.orphaning : "No boundary allows to let go of it (deletionPolicy Orphan)"
    }

    /// The same where nobody has to allow it.
    static var orphaning: String {
        "To let go of it and leave it behind as it is, set spec.deletionPolicy to Orphan"
    }
}

extension Result where Failure == Refusal {
    /// Whether something is asked for that no boundary allows.
    var isOutside: Bool {
        guard case .failure(let refusal) = self else { return false }
        return refusal.isOutside
    }
}
