import KubernetesClient
import KubernetesModel
import LanyardAPI
import Testing

extension RealServers {
    /// What `kubectl get` prints, as the server makes it from the printer columns.
    @Suite("Printer columns on a current API server")
    struct CurrentColumnTests {
        let environment: TestEnvironment

        init() throws { environment = try TestEnvironment() }

        /// An object with a status, the columns of its kind, and what is to stand in them.
        struct Row: Sendable, CustomTestStringConvertible {
            let object: Manifest
            let status: JSONValue
            let columns: [String]
            let cells: [JSONValue]

            var testDescription: String { object.descriptor.kind }
        }

        private static let ready: JSONValue = [
            "type": "Ready", "status": "False", "reason": "Pending", "message": "not yet",
            "lastTransitionTime": "2026-01-01T00:00:00Z",
        ]
        // What is not Ready must not be shown as if it were.
        private static let other: JSONValue = [
            "type": "Accepted", "status": "True", "reason": "Accepted", "message": "accepted",
            "lastTransitionTime": "2026-01-01T00:00:00Z",
        ]

        static let rows = [
            Row(
                object: Manifest(
                    WorkloadIdentity.descriptor, "columns", in: "it-columns", spec: [:]),
                status: [
                    "spiffeID": "spiffe://neural-hive.local/ns/it-columns/sa/columns", "entryCount": 2,
                    "placement": "Node",
                    "conditions": [other, ready],
                ],
                columns: ["Name", "SPIFFE ID", "Placement (wide)", "Entries", "Ready", "Reason", "Age"],
                cells: [
                    "columns", "spiffe://neural-hive.local/ns/it-columns/sa/columns", "Node", 2, "False", "Pending",
                ]),
            Row(
                object: Manifest(
                    VaultRoleBinding.descriptor, "columns", in: "it-columns",
                    spec: ["workloadIdentityRef": ["name": "identity"]]),
                status: [
                    "vault": [
                        "roleName": "columns-role", "policy": "sys/policies/acl/columns",
                        "jwtRole": "auth/jwt/role/columns-role",
                        "databaseRoles": ["database/roles/one", "database/roles/two"], "databaseRoleCount": 2,
                    ],
                    "conditions": [other, ready],
                ],
                columns: ["Name", "Identity", "Role", "DB roles (wide)", "Ready", "Reason", "Age"],
                cells: [
                    "columns", "identity", "columns-role", 2, "False", "Pending",
                ]),
        ]

        @Test("kubectl get has the columns of each kind, in their order, with what the status says", arguments: rows)
        func table(row: Row) async throws {
            try await Cluster.run(in: environment, on: .customResources) { cluster in
                try await cluster.serveDefinitions()
                try await cluster.delete(row.object)
                let stored = try await cluster.create(row.object)
                let empty = try await cluster.table(row.object)
                #expect(empty.columns == row.columns)
                #expect(empty.cells.count == row.columns.count)
                // Before the operator's first look.
                #expect(empty.cells.dropLast().suffix(2) == [.null, .null])

                try await applyStatus(row, uid: stored["metadata"]?["uid"]?.string, cluster)
                let full = try await cluster.table(row.object)
                #expect(full.columns == row.columns)
                #expect(Array(full.cells.dropLast()) == row.cells)
                // An age, such as 5s or 2m3s.
                let age = try #require(full.cells.last?.string)
                #expect(age.first?.isNumber == true && age.last?.isLetter == true, "\(age)")
                try await cluster.delete(row.object)
            }
        }

        /// As the operator does it.
        private func applyStatus(_ row: Row, uid: String?, _ cluster: Cluster) async throws {
            if row.object.descriptor == WorkloadIdentity.descriptor {
                try await applyStatus(row, of: WorkloadIdentity.self, uid: uid, cluster)
            } else {
                try await applyStatus(row, of: VaultRoleBinding.self, uid: uid, cluster)
            }
        }

        private func applyStatus<Object: KubernetesResource>(
            _ row: Row, of type: Object.Type, uid: String?, _ cluster: Cluster
        ) async throws {
            #expect(Object.descriptor == row.object.descriptor)
            let stored = try await cluster.api.applyStatus(
                type, row.object.key, uid: try #require(uid), status: row.status, fieldManager: "lanyard-tests")
            #expect(stored != nil)
        }
    }
}
