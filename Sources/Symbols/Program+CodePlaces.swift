import Operations
import Quantities
import Traces

extension Program {
    /// An annotation and the program counter that it is completed for.
    private struct Question: Hashable {
        var annotation: Int32
        var counter: UInt64
    }

    /// Gives statements that have a program counter the function and the line of source that ELF files know.
    ///
    /// A statement's program counter is its `@pc=`; of an access without it the address of the fetch that its core made
    /// last, as in traces of tools that tell fetches and not program counters. What the trace says itself (`@fn=`, `@src=`)
    /// stays. Nothing of it changes what happens.
    ///
    /// - Parameter files: The files; the first that knows a program counter's line names it, else the first that knows its
    ///   function: a stripped file may stand before the one with its debug information.
    /// - Returns: how many statements have a program counter and lack function or line, and how many of these a file knows.
    /// - Throws: where a file's DWARF information is damaged.
    /// - Complexity: O(*n*) in the number of statements, and what ``ELFFile/place(of:)`` takes for each program counter.
    public mutating func nameCode(
        from files: [ELFFile]
    ) throws(TraceErrors) -> (counters: Int, named: Int) {
        var fetched: [Agent: UInt64] = [:]
        var completed: [Question: Int32] = [:]
        var counters = 0
        var named = 0
        for index in statements.indices {
            guard case .operation(let agent, let operation) = statements[index].body else {
                continue
            }
            let place = statements[index].annotation
            let own = place >= 0 ? annotations[Int(place)] : Annotations()
            var counter = own.programCounter
            if case .access(let access, _, _) = operation {
                if access.kind == .fetch { fetched[agent] = access.address }
                counter = counter ?? fetched[agent]
            }
            guard let counter, own.function == nil || own.source == nil else { continue }
            counters += 1
            let question = Question(annotation: place, counter: counter)
            if let known = completed[question] {
                statements[index].annotation = known
            } else if let code = try Self.place(of: counter, in: files) {
                var complete = own
                complete.function = own.function ?? code.function
                complete.source = own.source ?? code.source
                completed[question] = Int32(annotations.count)
                statements[index].annotation = Int32(annotations.count)
                annotations.append(complete)
            } else {
                continue
            }
            named += 1
        }
        return (counters, named)
    }

    /// What the first file says that has a line of source; else the first that has a function.
    private static func place(
        of counter: UInt64, in files: [ELFFile]
    ) throws(TraceErrors) -> CodePlace? {
        var nameOnly: CodePlace?
        for file in files {
            guard let place = try file.place(of: counter) else { continue }
            if place.source != nil { return place }
            nameOnly = nameOnly ?? place
        }
        return nameOnly
    }
}
