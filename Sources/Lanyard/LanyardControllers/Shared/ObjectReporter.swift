package import ControllerRuntime
package import KubernetesClient
package import KubernetesModel
import LanyardAPI
import LanyardCore
package import Logging

/// Says on an object what is true of it: status when it changed, events on transitions; and in the log what was written
/// outside for it.
package struct ObjectReporter<Object: KubernetesResource>: Sendable {
    let api: any KubernetesAPI
    let store: Store<Object>
    let events: any EventRecorder
    private let logger: Logger
    let proven = ProvenObjects()

    /// Reports through an API server.
    ///
    /// - Parameter logger: gets one line for each write to SPIRE or Vault; without one nothing is logged.
    package init(
        api: any KubernetesAPI, store: Store<Object>, events: any EventRecorder, logger: Logger? = nil
    ) {
        self.api = api
        self.store = store
        self.events = events
        self.logger = logger ?? Logger(label: "", factory: { _ in SwiftLogNoOpLogHandler() })
    }

    /// Sends a status if it differs from the stored one, and only over the version that it was made for: a namesake
    /// that was created meanwhile keeps its own.
    ///
    /// - Throws: `StaleObject` for an object that is not `whole`: of a status that was not read it is not known what has to go,
    ///   and what others say in it would go. `KubernetesError`; an object that is gone is no error.
    func write<Status: Codable & Equatable>(_ status: Status, over stored: Status?, of object: Object) async throws {
        guard status != stored, let uid = object.metadata.uid else { return }
        guard let version = object.metadata.resourceVersion, !object.metadata.hasPartialStatus else {
            throw StaleObject()
        }
        note(
            try await api.patchStatus(
                Object.self, object.key, uid: uid, over: version,
                from: try stored.map { try JSONValue(encoding: $0) } ?? [:], to: try JSONValue(encoding: status)))
    }

    /// Stores the finalizer before anything external is written, and returns the stored object.
    ///
    /// - Throws: `StaleObject` when it has another spec by now than was decided on; `KubernetesError`.
    func withFinalizer(_ object: Object) async throws -> Object {
        if object.metadata.finalizers?.contains(LanyardGroup.cleanupFinalizer) == true { return object }
        let stored = try await api.addFinalizer(LanyardGroup.cleanupFinalizer, to: object)
        note(stored.metadata)
        if let uid = stored.metadata.uid { proven.insert(uid, of: stored.key) }
        let whole = try await whole(stored)
        // What was read after the finalizer was stored may be newer than that.
        guard whole.metadata.generation == object.metadata.generation else { throw StaleObject() }
        return whole
    }

    /// An object whose spec or status the cache does not hold, since the status or the other objects of its namespace are
    /// large, as the API server has it; every other object as it is. Statuses are made from such ones only.
    ///
    /// - Throws: `StaleObject` when the API server has it no more; `KubernetesError`.
    func whole(_ object: Object) async throws -> Object {
        guard object.metadata.hasPartialStatus else { return object }
        var projection = Object.projection
        projection.limits.status = .max
        guard let live = try await api.get(Object.self, object.key, as: projection),
            live.metadata.uid == object.metadata.uid
        else { throw StaleObject() }
        return live
    }

    /// Makes sure, before something external is written for an object, that it is not only in the cache.
    ///
    /// - Throws: `StaleObject` when the API server has it no more, or in another form; `KubernetesError`.
    func ensureLive(_ object: Object) async throws {
        guard let uid = object.metadata.uid else { throw StaleObject() }
        if proven.contains(uid, of: object.key) { return }
        guard let live = try await api.get(Object.self, object.key), live.metadata.uid == uid,
            live.metadata.generation == object.metadata.generation,
            live.metadata.finalizers?.contains(LanyardGroup.cleanupFinalizer) == true
        else { throw StaleObject() }
        proven.insert(uid, of: object.key)
    }

    /// Makes sure, before something is taken away from an object that lives on, that its cached spec is not out of date.
    ///
    /// - Returns: the object as the API server has it.
    /// - Throws: `StaleObject` when the API server has it no more, or with another spec; `KubernetesError`.
    @discardableResult
    func ensureCurrent(_ object: Object) async throws -> Object {
        guard let live = try await api.get(Object.self, object.key), live.metadata.uid == object.metadata.uid,
            live.metadata.generation == object.metadata.generation
        else { throw StaleObject() }
        return live
    }

    /// Makes sure, before something is taken away from an object whatever its spec says, that it is still there.
    ///
    /// - Returns: the object as the API server has it.
    /// - Throws: `StaleObject` when the API server has it no more, or another one of its name; `KubernetesError`.
    @discardableResult
    func ensureSame(_ object: Object) async throws -> Object {
        guard let live = try await api.get(Object.self, object.key), live.metadata.uid == object.metadata.uid else {
            throw StaleObject()
        }
        return live
    }

    /// Whether the API server, too, has this very object, being deleted, and with our finalizer.
    ///
    /// - Throws: `KubernetesError`.
    func isAwaitingCleanup(_ object: Object) async throws -> Bool {
        guard object.metadata.finalizers?.contains(LanyardGroup.cleanupFinalizer) == true else { return false }
        guard let live = try await api.get(Object.self, object.key) else { return false }
        return live.metadata.uid == object.metadata.uid && live.metadata.isBeingDeleted
            && live.metadata.finalizers?.contains(LanyardGroup.cleanupFinalizer) == true
    }

    /// Whether the API server, too, has this very object, being deleted, whatever its finalizers.
    ///
    /// - Throws: `KubernetesError`.
    func isBeingDeleted(_ object: Object) async throws -> Bool {
        guard let live = try await api.get(Object.self, object.key) else { return false }
        return live.metadata.uid == object.metadata.uid && live.metadata.isBeingDeleted
    }

    /// Lets the object go.
    ///
    /// - Throws: `KubernetesError`; an object that is gone is no error.
    func removeFinalizer(from object: Object) async throws {
        try await api.removeFinalizer(LanyardGroup.cleanupFinalizer, from: object)
        proven.remove(object.key)
    }

    /// Forgets an object that is gone, with or without our doing.
    func forget(_ key: ObjectKey) { proven.remove(key) }

    /// How many objects something is remembered of.
    var rememberedCount: Int { proven.count }

    /// Emits an event about the object.
    func event(_ kind: ObjectEvent.Kind, _ reason: String, action: String, _ note: String, on object: Object) {
        let descriptor = Object.descriptor
        events.record(
            ObjectEvent(
                regarding: ObjectReference(
                    apiVersion: descriptor.apiVersion, kind: descriptor.kind, namespace: object.metadata.namespace,
                    name: object.metadata.name, uid: object.metadata.uid ?? ""),
                kind: kind, reason: reason, action: action, note: note))
    }

    /// Logs one write to SPIRE or Vault.
    func log(_ write: RemoteWrite, for object: Object) {
        write.log(to: logger, kind: Object.descriptor.kind, key: object.key)
    }

    /// Tells that a boundary took away what had been made for an object.
    func reportWithdrawal(of object: Object) {
        event(
            .warning, EventReason.withdrawn, action: "Withdraw", "withdrawn, as the boundary says (onViolation)",
            on: object)
        BoundaryMetrics.recordWithdrawal(of: Object.descriptor.kind)
    }

    /// Emits a warning for each trouble that conditions did not speak of before; one that several share is told once. What
    /// waits in the normal course of things is no trouble. Says when a pause begins to hold something up.
    private func reportTransitions(from previous: [Condition]?, to current: [Condition]?, of object: Object) {
        var told: Set<String> = []
        if let ready = current?.condition(ConditionType.ready), ready.reason == Reason.paused.rawValue,
            previous?.condition(ConditionType.ready)?.message != ready.message
        {
            event(.normal, EventReason.paused, action: "Pause", ready.message, on: object)
        }
        for condition in current ?? [] where condition.status == .no && condition.type != ConditionType.ready {
            let old = previous?.condition(condition.type)
            guard old?.status != .no || old?.reason != condition.reason,
                Reason(rawValue: condition.reason)?.isExpected != true,
                told.insert("\(condition.reason) \(condition.message)").inserted
            else { continue }
            event(.warning, condition.reason, action: "Reconcile", condition.message, on: object)
        }
    }

    /// Emits a warning when `Accepted` begins to tell of annotations without effect.
    private func reportNote(_ note: String?, from previous: [Condition]?, to current: [Condition]?, of object: Object) {
        guard let note, current?.condition(ConditionType.accepted)?.message.hasPrefix(note) == true,
            previous?.condition(ConditionType.accepted)?.message.hasPrefix(note) != true
        else { return }
        event(.warning, EventReason.annotationIgnored, action: "Reconcile", note, on: object)
    }

    private func note(_ written: ObjectMeta?) {
        guard let written, let uid = written.uid, let version = written.resourceVersion else { return }
        store.noteWrite(written.key, uid: uid, resourceVersion: version)
    }
}

extension ObjectReporter where Object: ConditionedResource {
    /// Says what is true of an object, and by events what is new in that.
    ///
    /// - Parameter note: what `Accepted` says of annotations without effect.
    /// - Throws: `KubernetesError`; an object that is gone is no error.
    func report(_ status: Object.Status, note: String? = nil, on object: Object) async throws {
        try await write(status, over: object.status, of: object)
        reportTransitions(from: object.status?.conditions, to: status.conditions, of: object)
        reportNote(note, from: object.status?.conditions, to: status.conditions, of: object)
    }
}

extension ConditionedResource {
    /// Whether the stored status says already that something was changed by hand.
    func hasReportedDrift(in conditionType: String) -> Bool {
        condition(conditionType)?.reason == Reason.driftDetected.rawValue
    }
}

extension ObjectMeta {
    /// Whether it is known to have our finalizer.
    var hasCleanupFinalizer: Bool { finalizers?.contains(LanyardGroup.cleanupFinalizer) == true }

    /// Whether the status is known in part only, as it or the other objects of the namespace are too large.
    fileprivate var hasPartialStatus: Bool { !leftOut.isDisjoint(with: [.status, .namespaceShare]) }

    /// Whether it has our finalizer, which is stored before anything is made for an object; or so many that this is not known.
    /// With so many, one that is being deleted has nothing to keep.
    var isOurs: Bool { hasCleanupFinalizer || (leftOut.contains(.finalizers) && !isBeingDeleted) }
}
