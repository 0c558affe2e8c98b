package import ControllerRuntime
package import KubernetesModel
package import LanyardAPI
package import LanyardCore

/// Says on each DatabaseRoleTemplate whether bindings can use it. What it becomes in Vault is the bindings' affair.
package struct TemplateReconciler: Reconciler {
    let reporter: ObjectReporter<DatabaseRoleTemplate>
    let settings: PlanningSettings
    let environment: Environment

    /// A reconciler without a memory.
    package init(
        reporter: ObjectReporter<DatabaseRoleTemplate>, settings: PlanningSettings, environment: Environment
    ) {
        self.reporter = reporter
        self.settings = settings
        self.environment = environment
    }

    package func reconcile(_ key: ObjectKey) async throws -> ReconcileResult {
        guard let cached = reporter.store.get(key), !cached.metadata.isBeingDeleted else { return .done }
        let template = try await reporter.whole(cached)
        let status = TemplateStatusMaker.status(
            of: template, settings: settings, now: environment.clock.wallTime.rfc3339)
        try await reporter.report(status, on: template)
        return .done
    }
}

extension Store<DatabaseRoleTemplate> {
    /// Finds the template of a name. One that is being deleted is still there for those that use it.
    package var lookup: TemplateLookup {
        { name in self.get(ObjectKey(namespace: nil, name: name)) }
    }
}
