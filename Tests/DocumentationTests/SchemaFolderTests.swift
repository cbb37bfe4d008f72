import JSONSchemas
import Testing

/// The validator refuses what a schema forbids.
@Suite("Validating against schemas")
struct SchemaFolderTests {
    @Test(
        "What fits and what does not",
        arguments: [
            (
                #"{"type":"integer","minimum":0}"#, ["0", "7", "7.0"],
                ["-1", "0.5", "\"7\"", "true"]
            ),
            (#"{"type":["string","null"]}"#, ["null", "\"\""], ["0", "[]", "false"]),
            (#"{"type":"boolean"}"#, ["true", "false"], ["0", "1", "null"]),
            (#"{"type":"number","maximum":2}"#, ["2", "-1.5"], ["2.1", "{}"]),
            (#"{"enum":["a",null]}"#, ["\"a\"", "null"], ["\"b\"", "0"]),
            (#"{"const":"a"}"#, ["\"a\""], ["\"A\"", "null"]),
            (#"{"type":"string","pattern":"^H[0-9]{2}$"}"#, ["\"H08\""], ["\"H8\"", "\"xH08\""]),
            (
                #"{"type":"object","properties":{"a":{"type":"null"}},"required":["a"],"additionalProperties":false}"#,
                [#"{"a":null}"#], ["{}", #"{"a":1}"#, #"{"a":null,"b":1}"#, "[]"]
            ),
            (
                #"{"additionalProperties":{"type":"integer"},"propertyNames":{"pattern":"^core"}}"#,
                ["{}", #"{"core0":1}"#], [#"{"core0":"1"}"#, #"{"x":1}"#]
            ),
            (
                #"{"type":"array","items":{"type":"string"},"minItems":1,"maxItems":2}"#,
                [#"["a"]"#, #"["a","b"]"#], ["[]", "[1]", #"["a","b","c"]"#]
            ),
            (
                #"{"prefixItems":[{"type":"string"}],"items":false}"#,
                [#"["a"]"#, "[]"], ["[1]", #"["a",1]"#]
            ),
            (
                #"{"oneOf":[{"required":["a"]},{"required":["b"]}]}"#,
                [#"{"a":1}"#, #"{"b":1}"#], ["{}", #"{"a":1,"b":1}"#]
            ),
            (
                ##"{"$ref":"#/$defs/d","$defs":{"d":{"type":"string"}}}"##, ["\"a\""], ["1"]
            ),
            (#"{"$ref":"other.json#/$defs/d"}"#, ["1"], ["\"a\""]),
            (#"{"properties":{"a":{"$ref":"other.json"}}}"#, [#"{"a":[]}"#], [#"{"a":{}}"#]),
        ])
    func validates(_ schema: String, _ right: [String], _ wrong: [String]) throws {
        let folder = try SchemaFolder([
            "s.json": JSON(schema),
            "other.json": JSON(#"{"type":"array","$defs":{"d":{"type":"integer"}}}"#),
        ])
        for text in right {
            #expect(try folder.faults(of: JSON(text), by: "s.json") == [], "\(text)")
        }
        for text in wrong {
            #expect(try !folder.faults(of: JSON(text), by: "s.json").isEmpty, "\(text)")
        }
    }

    @Test(
        "A schema that is not understood is refused",
        arguments: [
            #"{"type":"strin"}"#, #"{"format":"date"}"#, #"{"properties":{"a":{"maxLength":3}}}"#,
            ##"{"$ref":"#/$defs/none"}"##, #"{"$ref":"none.json"}"#, #"{"pattern":"("}"#,
            #"{"items":{"anyOf":[]}}"#, #"{"oneOf":[]}"#, #"{"required":"a"}"#,
            #"{"minItems":"1"}"#,
            #"{"additionalProperties":{"not":{}}}"#, #""text""#, #"{"enum":[]}"#,
        ])
    func refuses(_ schema: String) {
        #expect(throws: SchemaFolder.Malformed.self) { try SchemaFolder(["s.json": JSON(schema)]) }
    }

    @Test("A changed document of a command is refused, with the place")
    func broken() throws {
        let schemas = try SchemaFolder.published.get()
        let text = """
            {"schema":"staleline.merge/1","statements":1,"calls":0,"by":"clock","marks":0,"format":"slt",
             "notSaid":{},"remarks":[]}
            """
        #expect(try schemas.faults(of: JSON(text)) == [])
        for (old, new, place) in [
            ("\"calls\":0,", "", ": lacks"), ("\"calls\":0", "\"calls\":-1", "/calls"),
            ("\"calls\":0", "\"calls\":\"0\"", "/calls"), ("clock", "time", "/by"),
            ("\"notSaid\":{}", "\"notSaid\":{\"a\":[]}", "/notSaid/a"),
            ("\"remarks\":[]", "\"remarks\":[1]", "/remarks/0"),
            ("\"format\":", "\"more\":1,\"format\":", "/more"),
            ("merge/1", "merge/2", "no schema"), ("staleline.merge", "merge", "names no schema"),
        ] {
            let faults = try schemas.faults(of: JSON(text.replacing(old, with: new)))
            #expect(faults.first?.contains(place) == true, "\(faults)")
        }
    }
}
