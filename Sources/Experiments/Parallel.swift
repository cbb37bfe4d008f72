/// Work on the elements of a list, several at once, with results in the list's order.
enum Parallel {
    /// Maps elements, at most `jobs` of them at a time.
    ///
    /// - Parameters:
    ///   - elements: What is mapped.
    ///   - jobs: How many at once; less than one counts as one.
    ///   - body: What is done with each; it must not depend on the others.
    /// - Returns: what came of each, in the order of the elements.
    static func map<Element: Sendable, Result: Sendable>(
        _ elements: [Element], jobs: Int, _ body: @escaping @Sendable (Element) -> Result
    ) async -> [Result] {
        var results: [(index: Int, result: Result)] = []
        await withTaskGroup(of: (Int, Result).self) { group in
            var next = 0
            func start() {
                guard next < elements.count else { return }
                let (index, element) = (next, elements[next])
                group.addTask { (index, body(element)) }
                next += 1
            }
            for _ in 0..<max(jobs, 1) { start() }
            while let (index, result) = await group.next() {
                results.append((index, result))
                start()
            }
        }
        return results.sorted { $0.index < $1.index }.map(\.result)
    }

    /// Works on elements, at most `jobs` of them at a time, and hands over what comes of each as it comes.
    ///
    /// - Parameters:
    ///   - elements: What is worked on; they are started in their order.
    ///   - jobs: How many at once; less than one counts as one.
    ///   - body: What is done with each; it must not depend on the others.
    ///   - deliver: Takes each result, one call after the other, in an order that depends on `jobs`.
    /// - Throws: what a call throws first; those that have started are waited for.
    static func each<Element: Sendable, Result: Sendable>(
        _ elements: [Element], jobs: Int,
        _ body: @escaping @Sendable (Element) throws -> Result,
        deliver: (Result) throws -> Void
    ) async throws {
        try await withThrowingTaskGroup(of: Result.self) { group in
            var next = 0
            func start() {
                guard next < elements.count else { return }
                let element = elements[next]
                group.addTask { try body(element) }
                next += 1
            }
            for _ in 0..<max(jobs, 1) { start() }
            while let result = try await group.next() {
                start()
                try deliver(result)
            }
        }
    }
}
