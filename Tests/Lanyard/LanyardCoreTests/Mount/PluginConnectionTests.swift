import KubernetesModel
import LanyardAPI
import LanyardCore
import Testing

@Suite("Connections of any plugin")
struct PluginConnectionTests {
    private static let path = "web/config/cache"

    private static func mount(_ fill: @escaping (inout DatabaseMount.Connection) -> Void) -> VaultMount {
        .sample(.database) { spec in
            var connection = DatabaseMount.Connection(name: "cache", credentialsSecretRef: .init(name: "orders-db"))
            fill(&connection)
            spec.database = DatabaseMount(connections: [connection])
        }
    }

    private static func valkey(_ connection: inout DatabaseMount.Connection) {
        connection.plugin = "valkey-database-plugin"
        (connection.host, connection.port, connection.tls) = ("valkey.cache.svc", 6380, true)
        connection.settings = ["ca_cert": VaultMount.certificate, "insecure_tls": "false"]
    }

    private func body(_ mount: VaultMount) throws -> JSONValue {
        try #require(try MountPlanner.desired(for: mount, held: []).get().objects.first).object.body
    }

    @Test("what a plugin has in place of a URL is sent in its own type, and nothing that it does not know")
    func valkey() throws {
        let body = try body(Self.mount(Self.valkey))
        #expect(body["host"] == "valkey.cache.svc" && body["port"] == 6380 && body["tls"] == true)
        #expect(body["insecure_tls"] == false && body["ca_cert"] == .string(VaultMount.certificate))
        for member in ["connection_url", "max_open_connections", "username_template", "password_authentication"] {
            #expect(body[member] == nil, "\(member)")
        }
    }

    @Test("several hosts are one text, as the plugins want it, and a URL is taken as it is")
    func places() throws {
        let cassandra = try body(
            Self.mount {
                ($0.plugin, $0.hosts) = ("cassandra-database-plugin", ["a", "b"])
                $0.settings = ["protocol_version": "4", "connect_timeout": "5s"]
            })
        #expect(cassandra["hosts"] == "a,b" && cassandra["protocol_version"] == 4)
        #expect(cassandra["connect_timeout"] == "5s")
        let elastic = try body(
            Self.mount { ($0.plugin, $0.url) = ("elasticsearch-database-plugin", "https://es:9200") })
        #expect(elastic["url"] == "https://es:9200")
        let escaped = try body(
            Self.mount {
                $0.connectionURL = "sqlserver://{{username}}:{{password}}@db"
                ($0.plugin, $0.disableEscaping) = ("mssql-database-plugin", true)
            })
        #expect(escaped["disable_escaping"] == true)
    }

    @Test("as it is read back, in whatever types somebody sent it, it does not differ")
    func readBack() throws {
        var world = MountWorld()
        try world.converge(Self.mount(Self.valkey))
        let texts: JSONValue = [
            "host": "valkey.cache.svc", "port": "6380", "tls": "true", "insecure_tls": "false", "username": "vault",
            "ca_cert": .string(VaultMount.certificate.trimmingEnd), "connection_url": "", "max_open_connections": 0,
        ]
        world.stored[Self.path]?["connection_details"] = texts
        #expect(try !world.plan(Self.mount(Self.valkey)).writes)
        for (member, value) in ["host": "other", "port": 1, "tls": false, "insecure_tls": "true", "ca_cert": "x"]
            as [String: JSONValue]
        {
            var world = world
            world.stored[Self.path]?["connection_details"]?[member] = value
            let plan = try world.plan(Self.mount(Self.valkey))
            guard case .update(let differences, true) = plan.action(Self.path) else {
                Issue.record("\(member): \(plan)")
                continue
            }
            #expect(differences.map(\.field) == [member])
        }
    }

    @Test("a setting that is taken out of the spec is reset in Vault, and so is one that somebody added by hand")
    func takenAway() throws {
        var world = MountWorld()
        try world.converge(Self.mount(Self.valkey))
        let less = Self.mount { connection in
            Self.valkey(&connection)
            (connection.tls, connection.settings) = (nil, ["insecure_tls": "false"])
        }
        var plan = try world.plan(less)
        guard case .update(let differences, _) = plan.action(Self.path) else {
            Issue.record("\(plan)")
            return
        }
        // It could be a secret that somebody wrote there.
        #expect(differences.map(\.summary) == ["is set, wanted none", "is set, wanted none"])
        world.apply(plan)
        #expect(world.stored[Self.path]?["connection_details"]?["ca_cert"] == "")
        #expect(world.stored[Self.path]?["connection_details"]?["tls"] == false)
        #expect(try !world.plan(less).writes)
        world.stored[Self.path]?["connection_details"]?["client_key"] = "hunter2"
        plan = try world.plan(less)
        #expect(!"\(plan.steps.map(\.decision))".contains("hunter2"))
        world.apply(plan)
        #expect(world.stored[Self.path]?["connection_details"]?["client_key"] == "")
    }

    // MARK: Secrets

    private static func secured(_ names: String...) -> VaultMount {
        mount { connection in
            Self.valkey(&connection)
            connection.secretSettings = names.map { .sample($0) }
        }
    }

    private static func world(_ names: String...) -> MountWorld {
        var world = MountWorld()
        for name in names {
            world.secrets[SecretKey(secret: "orders-tls", key: name)] = .found(digest: "k:\(name)1", text: nil)
        }
        world.secrets[.username] = .found(digest: "k:u1", text: "vault")
        world.secrets[.password] = .found(digest: "k:p1", text: nil)
        return world
    }

    @Test("secret settings go with the body that makes the connection, and later only the one that changed")
    func secrets() throws {
        var world = Self.world("pem_bundle", "client_key")
        let mount = Self.secured("pem_bundle", "client_key")
        #expect(try world.apply(world.plan(mount)).last?.secrets == ["client_key", "password", "pem_bundle"])
        try world.converge(mount)
        world.secrets[SecretKey(secret: "orders-tls", key: "pem_bundle")] = .found(digest: "k:other", text: nil)
        #expect(try world.apply(world.plan(mount)).last?.secrets == ["pem_bundle"])
        #expect(try !world.plan(mount).writes)
        world.secrets[.password] = .found(digest: "k:p2", text: nil)
        #expect(try world.apply(world.plan(mount)).last?.secrets == ["password"])
        #expect(try !world.plan(mount).writes)
        // With another user all of them are another's.
        world.stored[Self.path]?["connection_details"]?["username"] = "other"
        #expect(try world.apply(world.plan(mount)).last?.secrets == ["client_key", "password", "pem_bundle"])
    }

    @Test("one that is added later brings along nothing but itself: Vault may have rotated the password")
    func added() throws {
        var world = Self.world("pem_bundle")
        try world.converge(Self.secured())
        #expect(try world.apply(world.plan(Self.secured("pem_bundle"))).last?.secrets == ["pem_bundle"])
        #expect(try !world.plan(Self.secured("pem_bundle")).writes)
    }

    @Test("one that is taken out of the spec is reset in Vault, which may not even show it")
    func dropped() throws {
        var world = Self.world("pem_bundle")
        try world.converge(Self.secured("pem_bundle"))
        world.stored[Self.path]?["connection_details"]?["pem_bundle"] = nil
        let plan = try world.plan(Self.secured())
        guard case .object(_, let body, let secrets) = plan.steps.last?.write else {
            Issue.record("\(plan)")
            return
        }
        #expect(body["pem_bundle"] == "" && secrets.isEmpty)
        world.apply(plan)
        #expect(try !world.plan(Self.secured()).writes)
    }

    @Test("who logs in with a key has no password, and needs no place for one")
    func key() throws {
        let mount = Self.mount {
            ($0.plugin, $0.connectionURL) = ("snowflake-database-plugin", "account.example/{{username}}")
            $0.secretSettings = [.sample("private_key")]
        }
        var world = Self.world("private_key")
        world.secrets[.password] = nil
        #expect(try world.apply(world.plan(mount)).last?.secrets == ["private_key"])
        #expect(try !world.plan(mount).writes)
    }

    @Test("who changes from a password to a key, or back, leaves nothing of the former in Vault, which merges")
    func otherKind() throws {
        var world = Self.world("private_key")
        try world.converge(Self.secured())
        for (mount, dropped, wanted) in [
            (Self.secured("private_key"), "password", "private_key"), (Self.secured(), "private_key", "password"),
        ] {
            let plan = try world.plan(mount)
            guard case .object(_, let body, let secrets) = plan.steps.last?.write else {
                Issue.record("\(plan)")
                return
            }
            #expect(body[dropped] == "" && Array(secrets.keys) == [wanted])
            world.apply(plan)
            #expect(try !world.plan(mount).writes)
        }
    }

    @Test("with another key of the digests nothing is written, whatever goes into a connection")
    func otherDigestKey() throws {
        var world = Self.world("pem_bundle")
        let mount = Self.secured("pem_bundle")
        try world.converge(mount)
        world.secrets[SecretKey(secret: "orders-tls", key: "pem_bundle")] = .found(digest: "l:pem_bundle1", text: nil)
        world.secrets[.username] = .found(digest: "l:u1", text: "vault")
        world.secrets[.password] = .found(digest: "l:p1", text: nil)
        let plan = try world.plan(mount)
        #expect(plan.written == [])
        world.apply(plan)
        #expect(try !world.plan(mount).writes)
    }
}

extension String {
    fileprivate var trimmingEnd: String { hasSuffix("\n") ? String(dropLast()) : self }
}
