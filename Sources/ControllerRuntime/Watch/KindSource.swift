public import KubernetesModel

/// A kind that an operator keeps, as this process sees it: its store, what keeps that up to date, and what is said of objects
/// that do not fit their type.
public struct KindSource<Object: KubernetesResource>: Sendable {
    /// The objects.
    public let store: Store<Object>
    /// What keeps the store equal to what the API server has; has to run.
    public let reflectors: ReflectorGroup<Object>
    let context: ControllerContext

    /// Connects a store to the API server; the closures are those of `Reflector`.
    ///
    /// - Parameter onUndecodable: called for each object that does not fit its type, besides that it is reported.
    public init(
        _ store: Store<Object>, in context: ControllerContext,
        onUndecodable: @escaping @Sendable (UndecodableObject) -> Void = { _ in },
        onRecovery: @escaping @Sendable (ObjectKey) -> Void = { _ in },
        onDelta: @escaping @Sendable (Delta<Object>) -> Void
    ) {
        self.store = store
        self.context = context
        let undecodable = context.undecodable
        reflectors = ReflectorGroup(
            api: context.api, store: store, environment: context.environment, logger: context.logger,
            metricsPrefix: context.metricsPrefix,
            onUndecodable: { object in
                undecodable.report(object, of: Object.self)
                onUndecodable(object)
            }, onRecovery: onRecovery, onDelta: onDelta)
    }

    /// Reports all objects that do not fit their type: a standby has said nothing of them (rule watch-16).
    func reportUndecodable() {
        for object in store.undecodable.values.sorted(by: { $0.key < $1.key }) {
            context.undecodable.report(object, of: Object.self)
        }
    }
}
