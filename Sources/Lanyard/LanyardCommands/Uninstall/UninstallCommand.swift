import ArgumentParser
import KubernetesClient
import KubernetesModel
import LanyardCore
import Yams

/// `lanyard uninstall --remove | --leave [--dry-run]`
struct UninstallCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "uninstall",
        abstract: "Take Lanyard's resources out of a cluster, in an order that leaves nothing hanging.",
        discussion: """
            With --remove the resources are deleted while the operator still runs, and with them everything that was \
            made for them in SPIRE and Vault. With --leave that stays as it is: the operator is stopped before, and \
            the resources are let go of, so that CRDs and namespaces can be deleted. What comes after that is printed. \
            Needs nothing but the API server. Exits with 1 if it refuses, or if something is left; with 2 if the \
            cluster cannot be read.

            Examples:

              lanyard uninstall --remove --dry-run -o json
              lanyard uninstall --remove --timeout 30m
              lanyard uninstall --leave --namespace lanyard-system
            """)

    @Flag(name: .long, help: "Delete everything that was made, through the operator, which must be running.")
    var remove = false

    @Flag(name: .long, help: "Leave everything as it is in SPIRE and Vault; the operator must not be running.")
    var leave = false

    @Flag(name: .long, help: "Say what would be done, and do nothing.")
    var dryRun = false

    @Flag(
        name: .long, help: "With --remove: also where a VaultMount with deletionPolicy Delete takes its data with it.")
    var destroyMounts = false

    @Option(name: [.short, .long], help: "The operator's own namespace.")
    var namespace: String = "lanyard-system"

    @Option(name: .long, help: ArgumentHelp("How long --remove waits in all, such as 15m.", valueName: "duration"))
    var timeout: String = "15m"

    @Option(name: .long, help: ArgumentHelp("Kubeconfig file.", valueName: "file"), completion: .file())
    var kubeconfig: String?

    enum Format: String, CaseIterable, ExpressibleByArgument {
        case text, json, yaml
    }

    @Option(
        name: [.short, .long], help: "How to print; json and yaml tell at the end, and progress on standard error.")
    var output: Format = .text

    func validate() throws {
        if remove == leave { throw ValidationError("exactly one of --remove and --leave must be given") }
        if destroyMounts, !remove { throw ValidationError("--destroy-mounts: is for --remove") }
        guard case .success = VaultDuration.seconds(ofSpec: timeout) else {
            throw ValidationError("--timeout: must be a duration such as 15m")
        }
    }

    func run() async throws {
        let environment = Environment.system
        let isText = output == .text
        let client = try CommandClient.make(
            for: "uninstall", kubeconfig: kubeconfig, environment: environment
        ) { reason in
            // Programs read nothing but the report from standard output.
            if isText { print(reason) } else { Terminal.note(reason) }
        }
        let (report, failure) = await self.report(through: client, clock: environment.clock) { line in
            if isText { print(Printable.text(line)) } else { Terminal.note(Printable.text(line)) }
        }
        try? await client.shutdown()
        switch output {
        case .text: break
        case .json: print(try Printable.json(report))
        case .yaml: print(try YAMLEncoder().encode(report))
        }
        if failure != .none { throw ExitCode(failure.rawValue) }
    }

    /// Does it, line by line.
    ///
    /// - Returns: how the command ends.
    func uninstall(
        through api: any KubernetesAPI, clock: any RuntimeClock, tell: @escaping @Sendable (String) -> Void
    ) async -> ValidateCommand.Failure {
        await report(through: api, clock: clock, tell: tell).failure
    }

    /// Does it, line by line, and tells at the end what it was.
    func report(
        through api: any KubernetesAPI, clock: any RuntimeClock, tell: @escaping @Sendable (String) -> Void
    ) async -> (report: UninstallReport, failure: ValidateCommand.Failure) {
        var report = UninstallReport(mode: leave ? "leave" : "remove", isDryRun: dryRun)
        let seconds = (try? VaultDuration.seconds(ofSpec: timeout).get()) ?? 900
        let uninstallation = Uninstallation(
            api: api, namespace: namespace, clock: clock, timeout: .seconds(seconds), tell: tell)
        do {
            let facts = try await uninstallation.facts()
            let plan = UninstallPlan.make(leave ? .leave : .remove(destroysMounts: destroyMounts), facts: facts)
            report.take(plan)
            if leave { report.claims = facts.claims }
            show(plan, tell)
            if !plan.refusals.isEmpty { return (report, .refused) }
            if dryRun { return (report, .none) }
            try await uninstallation.carryOut(plan)
            report.left = 0
            showRest(facts, tell)
            return (report, .none)
        } catch let error as Uninstallation.Unfinished {
            report.left = error.count
            tell(
                "\(error.count) resources are still there, and keep their finalizer until what was made for them is gone"
            )
            return (report, .refused)
        } catch {
            report.failure = "\(error)"
            tell("the cluster cannot be read or written: \(error)")
            return (report, .unreadable)
        }
    }

    private func show(_ plan: UninstallPlan, _ tell: (String) -> Void) {
        for refusal in plan.refusals { tell("refused: \(refusal)") }
        for note in plan.notes { tell("note: \(note)") }
        guard dryRun else { return }
        for resource in plan.releases { tell("would let go of \(resource.title)") }
        for resource in plan.deletions { tell("would delete \(resource.title)") }
    }

    /// What people do after that.
    private func showRest(_ facts: UninstallPlan.Facts, _ tell: (String) -> Void) {
        if leave {
            for path in facts.claims { tell("stays in Vault: \(path)") }
        }
        tell(
            "left to do: delete the operator, its roles, the CRDs (with all resources) and the namespace \(facts.namespace): "
                + "kubectl delete -k OVERLAY")
        tell("and by hand: the node alias in SPIRE, and the operator's own role and policy in Vault")
    }
}
