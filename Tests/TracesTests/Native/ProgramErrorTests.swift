import Operations
import Quantities
import Testing

@testable import Traces

/// Programs that no text can hold are refused by both writers.
@Suite struct ProgramErrorTests {
    private func program(_ operation: Operation, by agent: Agent = .core(0)) -> Program {
        var program = Program()
        program.statements = [Statement(.operation(agent, operation), line: 1)]
        return program
    }

    private func faults(_ program: Program) -> [String] {
        var result: [String] = []
        do throws(ProgramError) { _ = try NativeWriter.write(program) } catch {
            result.append(error.description)
        }
        do throws(ProgramError) { _ = try BinaryWriter.write(program) } catch {
            result.append(error.description)
        }
        return result
    }

    private func expect(_ operation: Operation, _ fault: String) {
        #expect(faults(program(operation)) == [fault, fault])
    }

    @Test func whatNoTraceCanSay() {
        expect(
            .setMemoryType(start: 0, size: 1, .writeBack, .innerShareable),
            "statement 0: found a change of memory type, expected what a trace can say")
        expect(
            .map(
                MemoryMapping(
                    start: 0, end: 1, physical: 0, type: .writeBack, shareability: .innerShareable)),
            "statement 0: found a bare mapping, expected what a trace can say")
        expect(
            .access(MemoryAccess(.copyBack, at: 0, size: 4), symbol: .none, value: nil),
            "statement 0: found a copyBack, expected what a trace can say")
        expect(
            .access(MemoryAccess(.load, at: 0, size: 0), symbol: .none, value: nil),
            "statement 0: found no bytes, expected at least 1")
        expect(
            .run(AccessRun(.load, from: Operand(0), bytes: 4, by: 4, step: 0)),
            "statement 0: found a run by 0, expected a size and a step above 0")
        expect(
            .run(AccessRun(.load, from: Operand(0), bytes: 6, by: 4, step: 8)),
            "statement 0: found a run with a step of 6 bytes by 4, expected whole accesses")
        expect(
            .run(AccessRun(.load, from: Operand(0), bytes: 8, by: 4, step: 1 << 63)),
            "statement 0: found a run that does not end, expected one that ends below 2^64")
        expect(
            .run(AccessRun(.load, from: Operand(.max - 3), bytes: 4, by: 4)),
            "statement 0: found a run, expected a run that ends below 2^64")
        expect(.ring(.device(0)), "statement 0: found agent 128, expected a declared device")
        expect(
            .dma(DMACall(.unmapSingle, handle: SymbolID(rawValue: 9))),
            "statement 0: found no name, expected one from the table of names")
    }

    @Test func namesMustBeDeclaredAndSound() {
        var program = Program()
        _ = program.symbols.add(SymbolTable.Entry(name: "x", kind: .buffer))
        let fault = "program: found the name 'x', expected a statement that declares it"
        #expect(faults(program) == [fault, fault])
        program.symbols = SymbolTable()
        _ = program.symbols.add(SymbolTable.Entry(name: "a b", kind: .buffer))
        #expect(faults(program).allSatisfy { $0.hasPrefix("program: found the name 'a b'") })
    }

    @Test func aLineHasALimitInText() throws {
        var program = Program()
        program.statements = [
            Statement(.mark(String(repeating: "x", count: 5_000)), line: 1)
        ]
        #expect(
            faults(program) == [
                "statement 0: found a statement of 5005 characters, "
                    + "expected at most 4096 in a line of text"
            ])
        let bytes = try BinaryWriter.write(program)
        #expect(try BinaryReader.read(bytes, file: "m") == program.canonicalized())
    }
}
