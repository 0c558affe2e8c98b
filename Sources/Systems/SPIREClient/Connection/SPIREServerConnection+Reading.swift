import GRPCCore

extension SPIREServerConnection {
    var entryClient: Spire_Api_Server_Entry_V1_Entry.Client<Transport> { .init(wrapping: client) }

    /// Asks for one page after another until there is no more.
    ///
    /// - Throws: `SPIREError`.
    func allPages<Item: Sendable>(
        _ fetch: @Sendable (PageRequest, CallOptions) async throws -> (items: [Item], nextToken: String)
    ) async throws(SPIREError) -> [Item] {
        var items: [Item] = []
        var position: PageRequest? = PageRequest(size: settings.pageSize)
        while let current = position {
            let page = try await page(from: current, fetch)
            items += page.items
            position = page.next
        }
        return items
    }

    /// Asks for a page; halves it as long as the answer is too large.
    ///
    /// - Returns: What the page has, and where the next one starts; nil after the last.
    /// - Throws: `SPIREError`.
    func page<Item: Sendable>(
        from position: PageRequest,
        _ fetch: @Sendable (PageRequest, CallOptions) async throws -> (items: [Item], nextToken: String)
    ) async throws(SPIREError) -> (items: [Item], next: PageRequest?) {
        var position = position
        while true {
            let answer: (items: [Item], nextToken: String)? = try await read { [position] options in
                do {
                    return try await fetch(position, options)
                } catch let error as RPCError where error.isAnswerTooLarge {
                    return nil
                }
            }
            if let answer {
                let goesOn = try position.advance(to: answer.nextToken)
                return (answer.items, goesOn ? position : nil)
            }
            guard position.shrink() else {
                throw SPIREError(.serverError, "an answer of the SPIRE server is too large")
            }
        }
    }

    /// Makes a call that changes nothing, again if its connection was lost.
    ///
    /// - Throws: `SPIREError`.
    func read<Answer>(_ call: (CallOptions) async throws -> Answer) async throws(SPIREError) -> Answer {
        do {
            try tls?.checkReady()
            return try await attempts.make { timeout in
                try await call(settings.callOptions(timeout: timeout))
            }
        } catch {
            let error = SPIREError(call: error)
            throw tls?.explained(error) ?? error
        }
    }
}
