//! Writing the code of a function with the numbers of its new module.
//!
//! A call goes where it ends, a global that is a constant becomes one, and memory is filled and copied
//! in pieces ([`bulk`](super::bulk)). A call through the table
//! has to find out in which of the two tables the function is:
//!
//! ```text
//! in the base                              in the extensions
//! place < B ?                              place < B ?
//!   yes: the extensions' function that       yes: theirs [place]
//!        takes calls of this type
//!   no:  the base's [place - B + …]          no:  the base's [place - B + …]
//! ```

use wasm_encoder::reencode::{self, Reencode};
use wasm_encoder::{BlockType, Function, Instruction, ValType};
use wasmparser::Operator;

use super::indices::Indices;
use super::item::Kind;
use super::module::Instance;
use super::{Unexpected, unexpected};
use crate::module::layout::Layer;

/// The code of one instance's functions.
pub(super) struct Body<'w, 'g, 'a> {
    indices: &'w Indices<'g, 'a>,
    own: u32,
    instance: &'g Instance<'a>,
}

type Reencoded<T> = Result<T, reencode::Error<Unexpected>>;

impl<'w, 'g, 'a> Body<'w, 'g, 'a> {
    pub(super) fn new(indices: &'w Indices<'g, 'a>, own: u32) -> Result<Self, Unexpected> {
        let instance = indices.graph.instances.get(own as usize);
        Ok(Self {
            indices,
            own,
            instance: instance.ok_or_else(|| unexpected("a function of no instance"))?,
        })
    }

    /// Writes a function anew.
    pub(super) fn rewrite(mut self, index: u32) -> Result<Function, Unexpected> {
        let found = self.indices.graph.body(self.own, index);
        let (body, of_type) = found.ok_or_else(|| unexpected("a function without a body"))?;
        let mut locals = Vec::new();
        let mut place = u32::try_from(of_type.params().len()).unwrap_or(u32::MAX);
        for local in body.get_locals_reader()? {
            let (count, of_type) = local?;
            place = place.saturating_add(count);
            locals.push((count, self.val_type(of_type).map_err(why)?));
        }
        // For a place, while it is looked at.
        locals.push((1, ValType::I32));
        let mut operators = body.get_operators_reader()?;
        let mut function = Function::new(locals);
        while !operators.eof() {
            match operators.read()? {
                Operator::CallIndirect { type_index, .. } => {
                    self.call_indirect(&mut function, type_index, place)?;
                }
                Operator::Call { function_index } => {
                    self.call(&mut function, function_index, false)?;
                }
                Operator::ReturnCall { function_index } => {
                    self.call(&mut function, function_index, true)?;
                }
                Operator::MemoryFill { mem } => {
                    self.memory_index(mem).map_err(why)?;
                    let [fill, _] = self.indices.bulk;
                    function.instruction(&Instruction::Call(fill));
                }
                Operator::MemoryCopy { dst_mem, src_mem } => {
                    self.memory_index(dst_mem).map_err(why)?;
                    self.memory_index(src_mem).map_err(why)?;
                    let [_, copy] = self.indices.bulk;
                    function.instruction(&Instruction::Call(copy));
                }
                operator => {
                    function.instruction(&self.instruction(operator).map_err(why)?);
                }
            }
        }
        Ok(function)
    }

    /// Calls a function, maybe as the last thing that is done: of the base, from an extension, mostly
    /// where it is in the base's table.
    fn call(&self, function: &mut Function, index: u32, is_last: bool) -> Result<(), Unexpected> {
        let item = self.instance.item(self.own, Kind::Function, index);
        let facts = self.indices.facts;
        let target = facts.target(item);
        let is_outside =
            (self.indices.layer, facts.layer(target)) == (Layer::Extensions, Some(Layer::Base));
        let place = facts.through_table(self.indices.graph, target);
        if let Some(place) = place.filter(|_| is_outside) {
            let of_type = self.instance.function_type(index);
            let of_type = of_type.ok_or_else(|| unexpected("a use of no type"))?;
            let (type_index, table_index) = (self.indices.known_type(of_type)?, 0);
            function.instruction(&Instruction::I32Const(self.indices.in_base_table(place)));
            function.instruction(&if is_last {
                Instruction::ReturnCallIndirect {
                    type_index,
                    table_index,
                }
            } else {
                Instruction::CallIndirect {
                    type_index,
                    table_index,
                }
            });
        } else {
            let number = self.indices.function(target)?;
            function.instruction(&if is_last {
                Instruction::ReturnCall(number)
            } else {
                Instruction::Call(number)
            });
        }
        Ok(())
    }

    /// Calls the function at the place that is on the stack; `place` is the local for it.
    fn call_indirect(
        &self,
        function: &mut Function,
        type_index: u32,
        place: u32,
    ) -> Result<(), Unexpected> {
        let of_type = self.instance.types.get(type_index as usize);
        let of_type = of_type.ok_or_else(|| unexpected("a use of no type"))?;
        let number = self.indices.known_type(of_type)?;
        let base = self.indices.facts.places.base.cast_signed();
        function
            .instruction(&Instruction::LocalTee(place))
            .instruction(&Instruction::I32Const(base))
            .instruction(&Instruction::I32LtU)
            .instruction(&Instruction::If(BlockType::FunctionType(number)))
            .instruction(&Instruction::LocalGet(place));
        let far = match self.indices.layer {
            Layer::Base => {
                let (taker, with_place) = self.indices.taken_type(of_type)?;
                function.instruction(&Instruction::I32Const(taker.cast_signed()));
                Instruction::CallIndirect {
                    type_index: with_place,
                    table_index: 0,
                }
            }
            Layer::Extensions => Instruction::CallIndirect {
                type_index: number,
                table_index: 1,
            },
        };
        function
            .instruction(&far)
            .instruction(&Instruction::Else)
            .instruction(&Instruction::LocalGet(place))
            .instruction(&Instruction::I32Const(self.indices.in_base_table(0)))
            .instruction(&Instruction::I32Add)
            .instruction(&Instruction::CallIndirect {
                type_index: number,
                table_index: 0,
            })
            .instruction(&Instruction::End);
        Ok(())
    }
}

impl Reencode for Body<'_, '_, '_> {
    type Error = Unexpected;

    fn function_index(&mut self, index: u32) -> Reencoded<u32> {
        let item = self.instance.item(self.own, Kind::Function, index);
        let number = self.indices.function(item);
        number.map_err(reencode::Error::UserError)
    }

    fn type_index(&mut self, index: u32) -> Reencoded<u32> {
        let of_type = self.instance.types.get(index as usize);
        let of_type = of_type.ok_or_else(|| unexpected("a use of no type"));
        let number = of_type.and_then(|of_type| self.indices.known_type(of_type));
        number.map_err(reencode::Error::UserError)
    }

    fn global_index(&mut self, index: u32) -> Reencoded<u32> {
        let item = self.instance.item(self.own, Kind::Global, index);
        let number = self.indices.global(item);
        number.map_err(reencode::Error::UserError)
    }

    fn memory_index(&mut self, index: u32) -> Reencoded<u32> {
        let memory = self.instance.item(self.own, Kind::Memory, index);
        if self.indices.graph.memory == Some(memory) {
            return Ok(0);
        }
        Err(reencode::Error::UserError(unexpected("a second memory")))
    }

    fn table_index(&mut self, _: u32) -> Reencoded<u32> {
        Err(reencode::Error::UserError(unexpected(
            "code that handles tables or references",
        )))
    }

    fn data_index(&mut self, _: u32) -> Reencoded<u32> {
        Err(reencode::Error::UserError(unexpected(
            "code that handles data segments",
        )))
    }

    fn element_index(&mut self, _: u32) -> Reencoded<u32> {
        Err(reencode::Error::UserError(unexpected(
            "code that handles elements",
        )))
    }

    fn instruction<'o>(&mut self, operator: Operator<'o>) -> Reencoded<Instruction<'o>> {
        if let Operator::GlobalGet { global_index } = operator {
            let global = self.instance.item(self.own, Kind::Global, global_index);
            let (graph, facts) = (self.indices.graph, self.indices.facts);
            if let Some(value) = facts.constant(global) {
                if self.indices.layer == Layer::Base
                    && let Some(name) = facts.far_function(graph, global, value)
                {
                    return Err(reencode::Error::UserError(unexpected(format!(
                        "a base library that takes the address of {name}"
                    ))));
                }
                return Ok(value.instruction());
            }
        }
        reencode::utils::instruction(self, operator)
    }
}

fn why(error: reencode::Error<Unexpected>) -> Unexpected {
    match error {
        reencode::Error::UserError(reason) => reason,
        error => unexpected(error.to_string()),
    }
}
