import Operations
import Quantities
import Testing

@testable import Traces

@Suite struct DeclarationTests {
    private func declaration(_ text: String) throws -> Declaration? {
        guard case .declaration(let declaration)? = try nativeBody(text) else { return nil }
        return declaration
    }

    @Test func wordsOfTheMachine() throws {
        #expect(try declaration("machine zynq7000") == .machine("zynq7000"))
        #expect(try declaration("kernel none") == .kernel("none"))
        #expect(try declaration("kernel 5.10.120") == .kernel("5.10.120"))
        #expect(
            try declaration("set l1d.size=32K") == .set(key: "l1d.size", value: "32K"))
        #expect(try declaration("set a=b=c") == .set(key: "a", value: "b=c"))
    }

    @Test func regionsAndAliases() throws {
        let new = PreambleName.next
        #expect(
            try declaration("region r 0x100 16 wb osh")
                == .region(new, address: 0x100, size: 16, .writeBack, .outerShareable))
        #expect(
            try declaration("region r tx+16 16 device")
                == .region(new, address: 0x2010, size: 16, .device, nil))
        #expect(
            try declaration("alias a bounce 0x100 so nsh")
                == .alias(
                    new, of: PreambleName.bounce, address: 0x100, .stronglyOrdered, .nonShareable))
        for type in MemoryType.allCases {
            #expect(
                try declaration("region r 0 1 \(type.name)")
                    == .region(new, address: 0, size: 1, type, nil))
        }
    }

    @Test func namesKnowTheirBytes() throws {
        let symbols = try parseNative(nativePreamble).symbols
        #expect(
            symbols.entries.map(\.address) == [0xF000_0000, 0x1000, 0x2000, 0x10000, 0x90000])
        #expect(symbols.entries.map(\.size) == [0x1000, 2_048, 2_048, 65_536, 65_536])
    }

    @Test func devices() throws {
        let new = PreambleName.next
        #expect(
            try declaration("device d")
                == .device(DeviceDeclaration(name: new, agent: .device(1))))
        let full = DeviceDeclaration(
            name: new, agent: .device(1), port: "ACP", isCoherent: true,
            registers: 0x4000_0000...0x4000_00FF, maskBits: 36)
        #expect(
            try declaration("device d port ACP coherent regs 0x40000000 256 mask 36")
                == .device(full))
        #expect(
            try declaration("device d mask 36 regs 1G 0x100 coherent port ACP") == .device(full))
        #expect(
            try nativeCanonicalLine("device d mask 36 regs 1G 0x100 coherent port ACP")
                == "device d port ACP coherent regs 0x40000000 256 mask 36")
    }

    @Test func registersByDefault() throws {
        let program = try parseNative("staleline 1\ndevice a\ndevice b\nwritel b+4 = 1\n")
        let register = Operand(0xF000_1004, symbol: SymbolID(rawValue: 2))
        #expect(
            program.statements.last?.body
                == .operation(
                    .core(0),
                    .accessor(Accessor(.writel, of: .device(1), at: register, value: 1))))
    }

    @Test func structure() throws {
        let program = try parseNative(
            "staleline 1\nrepeat 3\nspan copy loop\n".replacing(" loop", with: "")
                + "mark half of it, 50% done\nend\nend\n")
        let bodies: [Statement.Body] = [
            .repeatBegin(count: 3), .spanBegin(SymbolID(rawValue: 1)),
            .mark("half of it, 50% done"), .end, .end,
        ]
        #expect(program.statements.map(\.body) == bodies)
        #expect(
            try NativeWriter.text(program) == """
                staleline 1
                repeat 3
                  span copy
                    mark half of it, 50% done
                  end
                end

                """)
    }

    @Test func annotations() throws {
        let program = try parseNative(
            "staleline 1\nld 0 4 @pc=c0de @src=a:b.c:12 @fn=f%20g @t=10cyc # why\nst 0 4\n")
        var expected = Annotations()
        expected.programCounter = 0xC0DE
        expected.source = Annotations.SourceLine(file: "a:b.c", line: 12)
        expected.function = "f g"
        expected.time = Annotations.Stamp(value: 10, unit: "cyc")
        #expect(program.annotations == [expected])
        #expect(program.statements.map(\.annotation) == [0, -1])
        #expect(
            try NativeWriter.text(program) == """
                staleline 1
                core0: ld 0x0 4 @pc=0xc0de @src=a:b.c:12 @fn=f%20g @t=10cyc
                core0: st 0x0 4

                """)
    }

    @Test(arguments: ["1ps", "2ns", "3us", "4ms", "5s", "6cyc", "0x10cyc", "0xcs", "1Kns"])
    func timeStamps(_ text: String) throws {
        let program = try parseNative("staleline 1\nld 0 4 @t=\(text)\n")
        let values: [String: UInt64] = ["0x10cyc": 16, "0xcs": 12, "1Kns": 1_024]
        let digits = UInt64(text.prefix(1))
        #expect(program.annotations.first?.time?.value == values[text] ?? digits)
    }
}
