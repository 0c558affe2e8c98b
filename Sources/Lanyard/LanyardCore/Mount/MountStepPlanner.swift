import KubernetesModel
import LanyardAPI

/// Decides about a mount and what is below it, one by one.
struct MountStepPlanner {
    let mount: DesiredMount
    let facts: MountPlan.Facts

    /// The mount in the listing, if it is there.
    var entry: JSONValue? {
        guard case .found(let listing) = facts.listing else { return nil }
        return listing?[mount.location.listingKey]
    }

    /// Decides about the mount itself.
    func mountStep() -> MountPlan.Step {
        let path = mount.location.claimPath
        let decision = mountDecision()
        let tunePath = mount.location.tunePath
        var write: MountPlan.Write?
        switch decision {
        case .act(.create):
            var body = mount.settings.enabling
            if !facts.ownerUID.isEmpty { body["description"] = .string(MountSettings.mark(of: facts.ownerUID)) }
            write = .enable(path: path, body: body, tunePath: tunePath, settings: mount.settings.body)
        case .act(.adopt), .act(.update): write = .tune(path: tunePath, body: mount.settings.body)
        default: break
        }
        var step = MountPlan.Step(
            kind: .mount, path: path, title: mount.title, decision: decision, write: write, claimDigest: nil,
            recordedDigest: nil)
        if isUnrecorded { step.madeAccessor = entry?["accessor"]?.string }
        return step
    }

    /// Whether the mount was made for this VaultMount by a pass that did not come to record it.
    private var isUnrecorded: Bool {
        let claim = facts.claims[mount.location.claimPath] ?? .unclaimed
        guard claim == .mine || claim == .unclaimed, let entry else { return false }
        return MountSettings.isMarked(entry, by: facts.ownerUID)
    }

    private func mountDecision() -> ObjectDecision {
        let listing: JSONValue
        switch facts.listing {
        case .failed(let outcome): return .blocked(outcome)
        case .found(nil): return .blocked(.fails(.pending, "\(mount.location.listingPath) was not looked at"))
        case .found(.some(let found)): listing = found
        }
        if let former = facts.held.compactMap({ MountLocation(claimPath: $0.path) }).first(where: {
            $0 != mount.location
        }) {
            let message = "\(mount.title) would have to be made anew: the path was \(former.mountPath)"
            return .act(.needsRecreate("\(message), and a mount does not move"))
        }
        if let entry {
            let type = entry["type"]?.string ?? ""
            if type != mount.settings.type.rawValue {
                let shown = FieldDifference.display(type)
                return .act(.conflict("\(mount.location.mountPath) is of type \(shown), not \(mount.settings.type)"))
            }
        } else if let other = listing.object?.keys.sorted().first(where: mount.location.overlaps) {
            return .act(.conflict("\(mount.title) would overlap with the mount \(FieldDifference.display(other))"))
        }
        let presence = entry.map { entry in
            let differences = mount.settings.differences(from: entry)
            return ObjectPresence.present(
                differences: differences,
                unchangeable: mount.settings.unchangeable(among: differences, isDrift: facts.wasConverged))
        }
        // What an interrupted making left is no change by hand.
        return .act(
            planner(
                mount.title, wasConverged: facts.wasConverged && !isUnrecorded, saysItIsOurs: isUnrecorded
            ).action(
                presence: presence ?? .absent, claim: facts.claims[mount.location.claimPath] ?? .unclaimed))
    }

    /// Decides about something below the mount.
    ///
    /// - Parameters:
    ///   - isMountMissing: whether the mount is not there yet, and therefore nothing below it.
    ///   - waiting: whether the mount cannot be put in place now.
    func step(_ desired: DesiredMountObject, isMountMissing: Bool, waiting: Bool) -> MountPlan.Step {
        if waiting { return blocked(desired, .fails(.pending, "\(desired.title) waits for the mount")) }
        let claim = facts.claims[desired.path] ?? .unclaimed
        let isMine = claim == .mine
        let source: ResolvedSource
        switch ResolvedSource.resolve(desired, facts: facts, recorded: held(desired.path)?.sourceDigest) {
        case .failure(let problem): return blocked(desired, problem.outcome)
        case .success(let resolved): source = resolved
        }
        let actual: JSONValue?
        switch isMountMissing ? .found(nil) : facts.lookups[desired.path] {
        case .found(let data): actual = data
        case .failed(let outcome): return blocked(desired, outcome)
        case nil: return blocked(desired, .fails(.pending, "\(desired.title) was not looked at"))
        }
        let hasNewSource = isMine && source.isChanged
        var presence = ObjectPresence.absent
        if let actual, isMine || !isPristine(actual, desired) {
            let changed = hasNewSource ? source.secretDifferences : []
            presence = .present(differences: (source.object.differences(from: actual) + changed).sorted())
        }
        // What a new source changes is not drift, whatever the author wants done about that.
        let action = planner(desired.title, wasConverged: facts.wasConverged && !hasNewSource)
            .action(presence: presence, claim: claim)
        return step(desired, action, source, hasNewSource: hasNewSource, over: actual)
    }

    private func step(
        _ desired: DesiredMountObject, _ action: VaultObjectAction, _ source: ResolvedSource, hasNewSource: Bool,
        over actual: JSONValue?
    ) -> MountPlan.Step {
        var write: MountPlan.Write?
        var isInPlace = true
        switch action {
        case .create:
            write = .object(path: desired.path, body: source.object.body, secrets: source.allSecrets)
        case .adopt(let differences), .update(let differences, _), .recreate(let differences, _):
            // What is stored belongs to another user then, and cannot be right for this one.
            let isForAnother = differences.contains { source.secretOwnerFields.contains($0.field) }
            var secrets = source.indispensableSecrets
            if hasNewSource { secrets.merge(source.changedSecrets) { $1 } }
            if isForAnother { secrets.merge(source.allSecrets) { $1 } }
            var body = source.object.body(over: actual)
            for member in source.droppedSecrets where hasNewSource { body[member] = "" }
            write = .object(path: desired.path, body: body, secrets: secrets)
        case .none, .claim: break
        case .needsRecreate, .reportDrift, .conflict: isInPlace = false
        }
        let claim = held(desired.path)
        let isRecorded = claim == nil || claim?.sourceDigest == source.digest
        return MountPlan.Step(
            kind: desired.kind, path: desired.path, title: desired.title, decision: .act(action), write: write,
            claimDigest: source.digest, recordedDigest: isInPlace && !isRecorded ? source.digest : nil)
    }

    private func blocked(_ desired: DesiredMountObject, _ outcome: ConditionOutcome) -> MountPlan.Step {
        MountPlan.Step(
            kind: desired.kind, path: desired.path, title: desired.title, decision: .blocked(outcome), write: nil,
            claimDigest: nil, recordedDigest: nil)
    }

    /// Whether an object that always exists is as the server made it, which counts as absent.
    private func isPristine(_ actual: JSONValue, _ desired: DesiredMountObject) -> Bool {
        desired.kind == .urls && PKIURLs.arePristine(actual)
    }

    /// The claim of a path that this VaultMount holds.
    func held(_ path: String) -> OwnershipRecord.Claim? { facts.held.first { $0.path == path } }

    private func planner(
        _ title: String, wasConverged: Bool? = nil, saysItIsOurs: Bool = false
    ) -> ObjectPlanner {
        ObjectPlanner(
            name: title, driftPolicy: mount.driftPolicy, wasConverged: wasConverged ?? facts.wasConverged,
            consent: mount.adoptsExisting || saysItIsOurs ? .given : .ifEqual)
    }
}

extension DesiredMount {
    /// The mount, for messages.
    package var title: String { "mount \(location.mountPath)" }
}

extension MountLocation {
    /// Whether a mount of the listing is above or below this one; servers do not take both.
    fileprivate func overlaps(_ key: String) -> Bool {
        key != listingKey && (key.hasPrefix(listingKey) || listingKey.hasPrefix(key))
    }
}
