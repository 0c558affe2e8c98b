import ControllerRuntime
import KubernetesModel
import LanyardAPI
import LanyardControllers
import LanyardCore
import Logging
import SPIREClient
import ServiceLifecycle

extension WorkloadIdentity: WiredKind {
    /// What WorkloadIdentities add to the operator; with them the node alias's entry, the verification of all entries, and the
    /// watch of pods and nodes, which sleeps until an identity needs it.
    ///
    /// - Throws: `SPIFFEIDError` never in practice.
    static func wired(in context: OperatorContext) throws -> OperatorKind {
        let (queues, changes) = (context.queues.identity, context.changes)
        let workers = context.configuration.reconcile.workers * IdentityReconciler.passesPerWorker
        let source = KindSource(context.stores.identities, in: context.runtime) { delta in changes.handle(delta) }
        let alias = NodeAlias(context.configuration.spire.nodeAlias)
        let entries = EntryPorts(
            registry: context.ports.registry, inventory: context.inventory,
            parents: ParentResolver(
                registry: context.ports.registry, alias: alias, clock: context.environment.clock))
        let placement = PlacementWatch(
            api: context.ports.api, namespaces: context.configuration.watchNamespaces,
            environment: context.environment, logger: context.logger,
            onChange: { changes.placementChanged(of: $0, priority: $1) },
            onSynced: { queues.identities.add($0, priority: .normal) })
        let reconciler = IdentityReconciler(
            context.convergence(of: source.store, behind: context.spireGate), entries: entries, placement: placement,
            boundaries: context.boundaries.book, states: context.states, accounts: context.accounts,
            isCrowded: { queues.identities.depth >= workers },
            onWaiting: { queues.verification.add(EntryVerification.key, after: $0) })
        let verification = EntryVerification(of: reconciler, entries, in: context)
        var kind = OperatorKind(
            source,
            KindController(
                source: source, mayGet: true, reconciler: reconciler,
                queue: queues.identities, workers: workers,
                readiness: context.stores.synced,
                onLeading: [context.ownIDsKnown, context.entriesListed(by: verification)]))
        kind.sources.append(placement)
        kind.onDemand = [Pod.descriptor, Node.descriptor].map { resource in
            OnDemandSource(kind: resource) { placement.health[resource.plural] }
        }
        if let keeper = try NodeAliasReconciler(
            registry: context.ports.registry, inventory: context.inventory, alias: alias, gate: context.spireGate,
            environment: context.environment, logger: context.logger)
        {
            queues.alias.add(NodeAliasReconciler.key)
            kind.run(keeper, queue: queues.alias, readiness: [context.leading], in: context)
        } else {
            // What is known in advance starts at 0, also of a queue that stays empty.
            kind.queues.append(queues.alias)
        }
        kind.run(verification, queue: queues.verification, readiness: [context.leading], in: context)
        return kind
    }
}

extension NodeAlias {
    /// As the configuration says.
    fileprivate init(_ configuration: NodeAliasConfiguration) {
        self.init(
            id: configuration.id, managedSelectors: configuration.isManaged ? configuration.selectors : nil)
    }
}

extension EntryVerification {
    /// The one of the operator.
    fileprivate convenience init(
        of reconciler: IdentityReconciler, _ entries: EntryPorts, in context: OperatorContext
    ) {
        let (identities, queues, changes) = (context.stores.identities, context.queues.identity, context.changes)
        let configuration = context.configuration
        self.init(
            entries, holders: reconciler.holders,
            sweep: EntrySweep(
                api: context.ports.api, identities: identities, registry: context.ports.registry,
                inventory: context.inventory, boundaries: context.boundaries.book,
                watchedNamespaces: configuration.watchNamespaces,
                pace: Pace(every: context.resyncInterval, in: context.environment),
                report: context.report(on: .entries)),
            policy: ListingPolicy(interval: context.resyncInterval), gate: context.spireGate,
            clock: context.environment.clock,
            handlers: .init(
                differing: { keys in
                    queues.identities.add(keys.filter { identities.get($0) != nil }.sorted(), priority: .normal)
                },
                aliasDiffers: { queues.alias.add(NodeAliasReconciler.key) },
                parentsChanged: { changes.decideOnIdentities() },
                awaitedParents: { reconciler.awaitedParents }))
    }
}

extension OperatorContext {
    /// Waits a while until it is known which IDs are the operator's own.
    fileprivate var ownIDsKnown: ReadinessStep {
        let (own, clock) = (own, environment.clock)
        return { if let own { try await own.waitUntilKnown(clock: clock) } }
    }

    /// Lists all entries: what the server has is known before the first pass, which then needs no call for what is right. While
    /// it cannot be read, passes look at their entries one by one.
    fileprivate func entriesListed(by verification: EntryVerification) -> ReadinessStep {
        let (inventory, queue, logger) = (inventory, queues.identity.verification, logger)
        return {
            let listed = await Result.of { () throws(SPIREError) in try await verification.verifyNow() }
            if case .failure(let error) = listed {
                logger.warning("the entries cannot be listed", metadata: ["error": "\(error)"])
                inventory.requestListing()
            }
            try Task.checkCancellation()
            queue.add(EntryVerification.key)
        }
    }
}
