import KubernetesModel
import LanyardAPI

extension MountStepPlanner {
    /// Decides about the certificate authority: it is made if there is none, and nothing ever changes it afterwards.
    ///
    /// The claim comes first, without digest; the digest is recorded once the authority was made. So a digest without an
    /// authority means that somebody deleted it, and no digest that it may not have been made yet.
    ///
    /// - Parameters:
    ///   - isMountMissing: whether the mount is not there yet, and therefore nothing below it.
    ///   - waiting: whether the mount cannot be put in place now.
    func step(_ authority: CertificateAuthority, isMountMissing: Bool, waiting: Bool) -> MountPlan.Step {
        if waiting { return blocked(authority, .fails(.pending, "\(authority.title) waits for the mount")) }
        let issuers: ObjectLookup? = isMountMissing ? .found(nil) : facts.lookups[authority.claimPath]
        switch issuers {
        case .failed(let outcome): return blocked(authority, outcome)
        case nil: return blocked(authority, .fails(.pending, "\(authority.title) was not looked at"))
        case .found(let data):
            let exists = data?["default"]?.string?.isEmpty == false
            switch facts.claims[authority.claimPath] ?? .unclaimed {
            case .other(let owner):
                return decided(authority, .conflict("\(authority.title) is owned by \(owner)"))
            case .reserved(let reason):
                return decided(authority, .conflict("\(authority.title) \(reason)"))
            case .awaited(let owner):
                return decided(
                    authority, .conflict("\(authority.title) is also wanted by \(owner), which is older"))
            case .unclaimed where exists:
                return unclaimed(authority)
            case .unclaimed:
                return creation(of: authority, isMountMissing: isMountMissing)
            case .mine:
                return mine(authority, exists: exists, isMountMissing: isMountMissing)
            }
        }
    }

    private func unclaimed(_ authority: CertificateAuthority) -> MountPlan.Step {
        switch isNamed(authority) {
        case .failure(let problem): blocked(authority, problem.outcome)
        case .success(true): decided(authority, .claim, claimDigest: authority.digest)
        case .success(false) where mount.adoptsExisting: decided(authority, .claim, claimDigest: authority.digest)
        case .success(false):
            decided(authority, .conflict("\(authority.title) exists and was not made by Lanyard"))
        }
    }

    private func mine(_ authority: CertificateAuthority, exists: Bool, isMountMissing: Bool) -> MountPlan.Step {
        switch (held(authority.claimPath)?.sourceDigest, exists) {
        case (nil, false):
            return creation(of: authority, isMountMissing: isMountMissing)
        case (nil, true):
            switch isNamed(authority) {
            case .failure(let problem): return blocked(authority, problem.outcome)
            case .success(true): return decided(authority, .none, recordedDigest: authority.digest)
            case .success(false): return interrupted(authority)
            }
        case (authority.digest, true):
            return decided(authority, .none)
        case (authority.digest, false):
            let message = "\(authority.title) would have to be made anew: it was deleted"
            return decided(authority, .needsRecreate("\(message), and another one would be another root of trust"))
        case (.some, _):
            let message = "\(authority.title) would have to be made anew: it was made from another spec"
            return decided(authority, .needsRecreate("\(message), and an authority does not change"))
        }
    }

    /// An issuer without our name, though its making was claimed: the last of the requests that make an intermediate
    /// authority may be missing, which names it. What tells that it is that one is the name of its key, which need not be the
    /// engine's default.
    private func interrupted(_ authority: CertificateAuthority) -> MountPlan.Step {
        guard case .intermediate(let making) = authority.request(hasKey: true),
            case .found(.some(let issuer)) = facts.lookups[authority.issuerPath],
            issuer["issuer_name"]?.string?.isEmpty != false, let id = issuer["key_id"]?.string
        else { return decided(authority, .conflict("\(authority.title) exists and was not made by Lanyard")) }
        if case .failed(let outcome) = facts.lookups[authority.keyPath(id)] { return blocked(authority, outcome) }
        guard case .found(.some(let key)) = facts.lookups[authority.keyPath(id)], let name = key["key_name"]?.string,
            CertificateAuthority.isName(name)
        else { return decided(authority, .conflict("\(authority.title) exists and was not made by Lanyard")) }
        guard name == authority.name else {
            let message = "\(authority.title) was made from another spec, and does not have its name yet"
            return decided(authority, .conflict("\(message): put that spec back, or delete the issuer in Vault"))
        }
        return decided(
            authority, .create(isDrift: false),
            write: .object(path: making.namingPath, body: making.namingBody, secrets: [:]),
            recordedDigest: authority.digest)
    }

    /// Whether the issuer that there is has the name that Lanyard gives to one of this spec.
    private func isNamed(_ authority: CertificateAuthority) -> Result<Bool, ResolvedSource.Problem> {
        switch facts.lookups[authority.issuerPath] {
        case .found(let data): .success(data?["issuer_name"]?.string == authority.name)
        case .failed(let outcome): .failure(.init(outcome: outcome))
        case nil: .failure(.init(outcome: .fails(.pending, "\(authority.issuerPath) was not looked at")))
        }
    }

    private func creation(of authority: CertificateAuthority, isMountMissing: Bool) -> MountPlan.Step {
        let hasKey: Bool
        switch isMountMissing ? .found(nil) : facts.lookups[authority.keysPath] {
        case .found(let data): hasKey = data?["default"]?.string?.isEmpty == false
        case .failed(let outcome): return blocked(authority, outcome)
        case nil: return blocked(authority, .fails(.pending, "\(authority.keysPath) was not looked at"))
        }
        return decided(
            authority, .create(isDrift: false), write: .authority(authority.request(hasKey: hasKey)),
            recordedDigest: authority.digest)
    }

    private func decided(
        _ authority: CertificateAuthority, _ action: VaultObjectAction, write: MountPlan.Write? = nil,
        claimDigest: String? = nil, recordedDigest: String? = nil
    ) -> MountPlan.Step {
        MountPlan.Step(
            kind: .authority, path: authority.claimPath, title: authority.title, decision: .act(action), write: write,
            claimDigest: claimDigest, recordedDigest: recordedDigest)
    }

    private func blocked(_ authority: CertificateAuthority, _ outcome: ConditionOutcome) -> MountPlan.Step {
        MountPlan.Step(
            kind: .authority, path: authority.claimPath, title: authority.title, decision: .blocked(outcome),
            write: nil, claimDigest: nil, recordedDigest: nil)
    }
}

extension CertificateAuthority {
    /// The authority, for messages.
    package var title: String { "certificate authority of \(mount)" }
}
