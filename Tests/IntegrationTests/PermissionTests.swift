import KubernetesClient
import KubernetesModel
import LanyardAPI
import Subprocess
import Testing

extension RealServers {
    /// The operator runs as its ServiceAccount, under the roles of `manifests/base`.
    @Suite("Permissions")
    struct PermissionTests {
        let environment: TestEnvironment

        init() throws { environment = try TestEnvironment() }

        @Test("what the roles grant is exactly what the operator uses, and it watches exactly the kinds that it needs")
        func exact() async throws {
            try await Cluster.run(in: environment) { cluster in
                let granted = try await OperatorRoles(cluster: cluster).granted()
                // What older servers are asked for; the watch is enough where it begins with the list.
                let spared = try await cluster.streamsLists ? granted.filter(\.isListOfWatched) : []
                #expect(Set(Permission.symptoms.map(\.permission)) == granted)
                let audit = try APIAudit(environment)
                try await standBy(cluster, audit)
                try await cluster.deleteLease()
                try await MountActs(environment: environment, cluster: cluster).allowed {
                    _ = try await OperatorRun.run(in: environment) { run in
                        try await run.waitUntilWorking()
                        try await cluster.withNamespace("permissions") { namespace in
                            let acts = Acts(environment: environment, cluster: cluster, namespace: namespace)
                            try await useEverything(acts, audit)
                        }
                    }
                }
                let used = try audit.used()
                let (unused, more) = (granted.subtracting(used).subtracting(spared), used.subtracting(granted))
                #expect(unused.isEmpty && more.isEmpty, "unused: \(unused); more: \(more)")
                #expect(try audit.otherPaths() == [])
                let watched = used.filter { $0.verb == "watch" }.map { "\($0.resource).\($0.group)" }
                #expect(Set(watched) == Permission.watched)
                #expect(used.allSatisfy { $0.verb != "list" || $0.isListOfWatched })
            }
        }

        /// What only a replica does that does not lead.
        private func standBy(_ cluster: Cluster, _ audit: APIAudit) async throws {
            try await cluster.makeLease(holder: "somebody else")
            _ = try await OperatorRun.run(in: environment) { run in
                try await run.waitFor("behind whom it stands by") { $0["message"]?.string == "standing by" }
                try await eventually("the lease is watched") {
                    try audit.used().contains(Permission("watch", "coordination.k8s.io", "leases")) ? nil : "it is not"
                }
            }
        }

        /// A little of everything that happens in an operator's life.
        private func useEverything(_ acts: Acts, _ audit: APIAudit) async throws {
            try await acts.prepare()
            try await acts.perform(.driftTwice)
            try await eventually("an event is counted") {
                let events = try await acts.cluster.events(in: acts.namespace)
                return events.contains { ($0.series?.count ?? 0) >= 2 } ? nil : "\(events.count) events"
            }
            try await acts.perform(.extendBinding)
            try await acts.cluster.waitUntilReady(2, in: acts.namespace)
            for kind in Permission.examples {
                try await acts.perform(.createExample(of: kind))
                try await acts.expectMadeGood(.createExample(of: kind))
            }
            try await acts.perform(.placePod)
            try await acts.expectMadeGood(.placePod)
            try await acts.perform(.createBoundary)
            try await acts.expectMadeGood(.createBoundary)
            try await acts.perform(.createMount)
            try await acts.expectMadeGood(.createMount)
            try await acts.perform(.createBindingWithTakenRecord)
            try await eventually("the record's name is found taken") {
                try audit.used().contains(Permission("get", "lanyard.dev", "ownershiprecords")) ? nil : "not yet"
            }
            try await acts.perform(.withdraw)
            try await acts.expectMadeGood(.withdraw)
            try await acts.clearAway()
            try await acts.cluster.deleteResources(in: acts.namespace)
            try await acts.waitUntilEmpty()
        }

        @Test("without a permission to list, watch or hold the lease, the operator runs on, and says what it misses")
        func atStart() async throws {
            try await Cluster.run(in: environment) { cluster in
                let roles = OperatorRoles(cluster: cluster)
                let streams = try await cluster.streamsLists
                for (permission, symptom) in Permission.symptoms {
                    switch symptom {
                    case .actFails, .goesUnsaid: continue
                    case .notReady, .neverLeads: break
                    }
                    if permission.verb == "create" {
                        try await cluster.deleteLease()
                    } else {
                        try await cluster.makeLease()
                    }
                    try await roles.without(permission) {
                        let (_, end) = try await OperatorRun.run(in: environment) { run in
                            if streams, permission.isListOfWatched {
                                try await expectNothing(of: permission, run)
                            } else {
                                try await expect(symptom, of: permission, run)
                            }
                        }
                        #expect(end == .exited(0), "\(permission): \(end)")
                    }
                }
            }
        }

        /// Where a watch begins with the list nobody needs another one, but for the ledger, which a new leader reads first.
        private func expectNothing(of permission: Permission, _ run: OperatorRun) async throws {
            if permission.resource == "ownershiprecords" {
                try await run.waitFor("\(permission.refusal)") { line in
                    (line["error"]?.string ?? "").contains(permission.refusal)
                }
            } else {
                try await run.waitUntilWorking()
            }
            try await run.waitUntilReady()
        }

        private func expect(_ symptom: Symptom, of permission: Permission, _ run: OperatorRun) async throws {
            try await run.waitFor("\(permission.refusal)") { line in
                (line["error"]?.string ?? "").contains(permission.refusal)
            }
            switch symptom {
            case .notReady(let check):
                try await run.waitUntilReady(false)
                let (status, body) = try await run.get("readyz", from: "health")
                #expect(status == 500)
                #expect(body.contains("[-]\(check) failed: reason withheld\n"), "\(permission): \(body)")
                #expect(!body.contains("Forbidden"))
                try await run.waitFor("why \(check) fails") { line in
                    line["check"]?.string == check && (line["reason"]?.string ?? "").contains(permission.refusal)
                        && (line["reason"]?.string ?? "").hasPrefix("Forbidden")
                }
            case .neverLeads:
                try await run.waitUntilReady()
                #expect(try await run.metric("leader_election_master_status{name=\"lanyard\"}") == 0)
                #expect(!(try run.messages().contains("leading")))
            case .actFails, .goesUnsaid: break
            }
            // It waits for the permission; a restart would not help.
            #expect(try await run.get("livez", from: "health").status == 200)
        }

        @Test("without a permission that a pass needs, that pass fails, and is made good when the permission is back")
        func atWork() async throws {
            try await Cluster.run(in: environment) { cluster in
                let streams = try await cluster.streamsLists
                let failing = Permission.symptoms.compactMap { permission, symptom -> (Permission, Act)? in
                    guard case .actFails(let act) = symptom, !(streams && permission.isListOfWatched) else {
                        return nil
                    }
                    return (permission, act)
                }
                // Pods are watched for some minutes after they were needed: only a new process begins with that.
                let rounds = [failing.filter { $0.1 != .placePod }] + failing.filter { $0.1 == .placePod }.map { [$0] }
                try await MountActs(environment: environment, cluster: cluster).allowed {
                    for round in rounds {
                        _ = try await OperatorRun.run(in: environment) { run in
                            try await run.waitUntilWorking()
                            for (permission, act) in round {
                                try await expectFailure(of: act, without: permission, cluster, run)
                            }
                        }
                    }
                }
            }
        }

        private func expectFailure(
            of act: Act, without permission: Permission, _ cluster: Cluster, _ run: OperatorRun
        ) async throws {
            let roles = OperatorRoles(cluster: cluster)
            try await cluster.withNamespace("without") { namespace in
                let acts = Acts(environment: environment, cluster: cluster, namespace: namespace)
                try await acts.prepare()
                try await roles.without(permission) {
                    try await acts.perform(act)
                    try await run.waitFor("\(permission.refusal)") { line in
                        (line["error"]?.string ?? "").contains(permission.refusal)
                    }
                    try await expectMissing(permission, act, acts, run)
                }
                try await acts.removeTakenRecord()
                try await acts.expectMadeGood(act)
                try await acts.clearAway()
                try await cluster.deleteResources(in: namespace)
                try await acts.waitUntilEmpty()
            }
        }

        /// What a person misses.
        private func expectMissing(
            _ permission: Permission, _ act: Act, _ acts: Acts, _ run: OperatorRun
        ) async throws {
            if permission.group == "events.k8s.io" {
                #expect(try #require(await run.metric("lanyard_events_dropped_total")) > 0, "\(permission)")
                if permission.verb == "create" {
                    let events = try await acts.cluster.events(in: acts.namespace)
                    #expect(!events.contains { $0.regarding?.name == "new" }, "\(permission)")
                }
                return
            }
            // What a watch would have shown is seen in a list sooner or later.
            if permission.verb == "watch" { return }
            #expect(try await !acts.isMadeGood(act), "\(permission)")
        }
    }
}
